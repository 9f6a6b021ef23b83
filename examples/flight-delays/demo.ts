// npm run demo [-- --once]: the way of a model into production, on real flights. The steps are in demo/.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readApril, watchApril } from "./demo/april.ts";
import { killAndCheck } from "./demo/crash.ts";
import { createKeys } from "./demo/keys.ts";
import { runAgain, traceOnePrediction } from "./demo/lineage.ts";
import { refuseSwappedClasses } from "./demo/parity.ts";
import { startServer, type DemoServer } from "./demo/processes.ts";
import { showScores } from "./demo/scoreboard.ts";
import { releaseBetter } from "./demo/releases.ts";
import { createScreen } from "./demo/screen.ts";
import { createStage, slipway, type Stage } from "./demo/stage.ts";
import { askAboutFlights, rollBackAndForward, showOnePrediction } from "./demo/steps.ts";
import { flightFiles, readFlights, type Flight } from "./features.ts";

/** A day of storms, from the first departures of the morning on the east coast. */
const from = new Date("2001-04-12T10:00:00Z");
const to = new Date("2001-04-15T04:00:00Z");

/** After this nothing waits any more, so that the whole ends in time. */
const waitsEndMs = 200_000;

const once = process.argv.slice(2).includes("--once");
const screen = createScreen(process.stdout, process.env);
const data = await mkdtemp(join(tmpdir(), "slipway-demo-"));
const keys = createKeys({ stdin: process.stdin, endAt: performance.now() + waitsEndMs, onInterrupt: interrupt });
let server: DemoServer | undefined;
let stage: Stage | undefined;
let leave: (() => void) | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);

/** At the end Ctrl-C is the way out; before it the demo is broken off. */
function interrupt(): void {
  if (leave !== undefined) return leave();
  void cleanUp("at once").then(() => process.exit(130));
}

async function cleanUp(how: "in order" | "at once"): Promise<void> {
  stage?.stop();
  screen.endStatus();
  keys.close();
  const running = stage?.server ?? server;
  await (how === "in order" ? running?.stop() : running?.kill());
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
}

async function loadFlights(): Promise<Flight[]> {
  const flights: Flight[] = [];
  for await (const flight of readFlights({ ...flightFiles(), from, to })) flights.push(flight);
  return flights;
}

async function play(): Promise<readonly string[]> {
  const flights = loadFlights();
  flights.catch(() => undefined);
  screen.step("Start a server, and give it a model");
  screen.command(`slipway up --port 0 --data ${data}`);
  server = await startServer({ data, port: 0 });
  screen.raw(`Slipway is ready at ${server.url}`);
  await slipway({ screen, server }, ["deploy", "examples/flight-delays/v1"]);

  stage = createStage({ screen, keys, data, server, flights: await flights });
  const next = async <T>(step: (stage: Stage) => Promise<T>): Promise<T> => {
    keys.beginStep();
    return step(stage!);
  };
  await next(askAboutFlights);
  const shown = await next(showOnePrediction);
  await next(releaseBetter);
  await next(refuseSwappedClasses);
  await next(rollBackAndForward);
  await next(killAndCheck);
  await next(traceOnePrediction);
  await next(runAgain);
  await next((stage) => showScores(stage, shown));
  const april = await readApril();
  await next((stage) => watchApril(stage, april));
  return stage.problems;
}

async function leaveRunning(url: string): Promise<void> {
  screen.step("The server goes on; in another terminal, from this folder:");
  const record = {
    flight_id: "mine",
    origin: "ORD",
    destination: "LGA",
    hour: 18,
    weekday: 5,
    distance: 733,
    origin_late_3h: 0.4,
  };
  process.stdout.write(
    `\ncurl -s ${url}/api/v1/endpoints/flight-delay/predict -H 'content-type: application/json' -d '${JSON.stringify(record)}'\n` +
      `npx slipway predictions flight-delay --limit 5 --url ${url}\n` +
      `curl -s ${url}/endpoints/flight-delay/openapi.json\n\nCtrl-C stops it and removes its data.\n`,
  );
  stage?.stop();
  await new Promise<void>((resolve) => (leave = resolve));
}

try {
  screen.say(
    `Slipway: from a model file to a service that remembers every answer.${once ? "" : " Any key skips a step, Ctrl-C ends."}`,
  );
  const problems = await play();
  for (const problem of problems) screen.bad(`Wrong: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else if (!once) await leaveRunning(stage!.server.url);
  await cleanUp("in order");
} catch (error) {
  screen.bad(error instanceof Error ? error.message : String(error));
  await cleanUp("at once");
  process.exitCode = 1;
}
process.exit();
