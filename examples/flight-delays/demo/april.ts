// The step after the launch: the rest of April in half a minute, watched; a version that does harm; then a caller who sends a column in another unit.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { flightFiles, readFlights, type Flight } from "../features.ts";
import { releaseWorse } from "./releases.ts";
import { count } from "./screen.ts";
import { endpointName, slipway, toAnswer, type Stage } from "./stage.ts";
import { tally } from "./tally.ts";
import { createTraffic, type FlightRecord, type Traffic } from "./traffic.ts";
import { createTruth } from "./truth.ts";
import { waitUntil } from "./wait.ts";

/** Of April, behind the storm. */
const from = new Date("2001-04-15T10:00:00Z");
const to = new Date("2001-05-01T10:00:00Z");
const oneIn = 16;
/** Some 1,050 flights a day are left: two days in three seconds. */
const flightsASecond = 670;

const dayMs = 86_400_000;
/** A number in no order, the same for the same row of the file. */
function scatter(row: number): number {
  let hash = Math.imul(row ^ (row >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** While a version is tried: it must not take long, however many flights there are. */
const fewFlights = 150;
const healthyMs = 10_000;
const brokenMs = 8_000;
const windowMs = 3_000;
const namedWithinMs = 30_000;

const settings = `slipway: 1
name: ${endpointName}
monitor:
  window: ${windowMs / 1000}s # in production an hour, which is the default
  reference: { time: departed_at, label: was_late }
`;

/** Day by day; the flights of a day in no order, so that a window that holds part of a day has some of all its hours. */
export async function readApril(): Promise<Flight[]> {
  const days: { readonly day: number; readonly place: number; readonly flight: Flight }[] = [];
  for await (const flight of readFlights({ ...flightFiles(), from, to, oneIn })) {
    const day = Math.floor((flight.departed_at - from.getTime()) / dayMs);
    const place = scatter(Number(flight.flight_id.slice(1)));
    days.push({ day, place, flight });
  }
  return days.toSorted((a, b) => a.day - b.day || a.place - b.place).map(({ flight }) => flight);
}

export async function watchApril(stage: Stage, april: readonly Flight[]): Promise<void> {
  const { screen, keys, client, problems, data } = stage;
  screen.step("The storm is over. April goes on, two days in three seconds, and is watched");
  const file = join(data, "..", `${endpointName}-monitor.yaml`);
  await writeFile(file, settings);
  for (const line of settings.trimEnd().split("\n")) screen.raw(line);
  await slipway(stage, ["apply", "-f", file]);
  let isPercent = false;
  const endpoint = client.endpoint(endpointName);
  const send = (record: FlightRecord) => endpoint.predict(isPercent ? toPercent(record) : record);
  const traffic = createTraffic({ flights: april, ask: async (record) => toAnswer(await send(record)) });
  const truth = createTruth({ traffic, labels: client.labels, endpoint: endpointName });
  try {
    traffic.run(flightsASecond);
    await keys.pause(healthyMs);
    await truth.tellAll();
    screen.say(
      `${count(traffic.questions.length)} flights so far; ${count(truth.told())} have landed, and it was told.`,
    );
    await slipway(stage, ["monitor", "show", endpointName]);
    const before = await client.incidents.list({ endpoint: endpointName, version: 2, state: "active" });
    if (before.items.some(({ severity, title }) => severity === "critical" && title.includes("origin_late_3h")))
      problems.push("An incident names origin_late_3h while nothing is wrong with it.");

    traffic.run(fewFlights);
    await releaseWorse(stage, traffic);
    traffic.run(flightsASecond);

    screen.step("Somebody changes the caller: origin_late_3h comes as percent now, 40 instead of 0.4");
    const mark = traffic.questions.length;
    isPercent = true;
    await keys.pause(brokenMs);
    await expectNamed(stage, { traffic, mark });
  } finally {
    await traffic.pause();
    truth.stop();
  }
}

function toPercent(record: FlightRecord): FlightRecord {
  const { origin_late_3h: share } = record;
  return { ...record, origin_late_3h: share === null ? null : share * 100 };
}

/** Every answer still looks well; the monitor alone knows which column it is. */
async function expectNamed(stage: Stage, { traffic, mark }: { traffic: Traffic; mark: number }): Promise<void> {
  const { screen, client, problems } = stage;
  const [before, after] = [tally(traffic.questions.slice(0, mark)), tally(traffic.questions.slice(mark))];
  screen.say(
    `${count(after.answered)} answers, ${after.failed + after.lost} errors; half of them within ${after.p50Ms.toFixed(1)} ms, before ${before.p50Ms.toFixed(1)} ms. Nothing looks wrong from outside.`,
  );
  if (after.failed + after.lost > 0) problems.push("A request failed while the column came as percent.");
  let found: string | undefined;
  await waitUntil(async () => {
    const { items } = await client.incidents.list({ endpoint: endpointName, version: 2, state: "active" });
    found = items.find(({ severity, title }) => severity !== "info" && title.includes("origin_late_3h"))?.id;
    return found !== undefined;
  }, namedWithinMs);
  if (found === undefined) return void problems.push("No incident names origin_late_3h.");
  await slipway(stage, ["incidents", "list", endpointName]);
  await slipway(stage, ["incidents", "show", found]);
}
