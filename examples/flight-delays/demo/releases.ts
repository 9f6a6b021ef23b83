// Two releases: a version that proves itself while a storm comes up, and one that does harm.
import { rm } from "node:fs/promises";
import type { Flight } from "../features.ts";
import { makeV3 } from "../v3.ts";
import { count, percent } from "./screen.ts";
import { endpointName, slipway, steadyRate, type Stage } from "./stage.ts";
import { tally, versionsText } from "./tally.ts";
import type { Traffic } from "./traffic.ts";

const file = "examples/flight-delays/release.yaml";
const inARow = 500;
/** Of the flights that have landed: 0 is perfect, .25 a coin. */
const brierSql = `SELECT version, count(*) AS landed, round(avg((late_p_late - (value = 'late')::INT) ** 2), 3) AS brier FROM predictions JOIN labels USING (id, row) GROUP BY version`;
const rolledBack = 6;

export async function releaseBetter(stage: Stage): Promise<void> {
  const { screen, traffic, problems } = stage;
  screen.step("Release a better model while they fly, and have it prove itself");
  screen.say(
    "Version 2 also knows how late the airport runs just now. First it answers each flight once more, for nobody, and every pair is held against what came true; then it gets a tenth of the traffic, then half. The section `rollout` of the file says so.",
  );
  const mark = traffic.questions.length;
  await slipway(stage, ["predictions", endpointName, "--sql", brierSql]);
  await slipway(stage, ["deploy", "examples/flight-delays/v2", "--no-traffic"]);
  traffic.run(steadyRate / 2);
  await slipway(stage, ["rollout", "start", `${endpointName}@2`, "--file", file, "--wait"]);
  traffic.run(steadyRate);
  const asked = traffic.questions.slice(mark);
  const { sent, byVersion, failed, lost } = tally(asked);
  screen.good(`${count(sent)} asked meanwhile: ${versionsText(byVersion)}; ${failed + lost} failed.`);
  screen.say(
    `All the while a storm moved through: ${weatherText(asked.map(({ flight }) => flight))}. Any threshold would have been crossed. That both versions are wrong more often is no harm of one of them, as they are held against each other at the same time: nothing was rolled back.`,
  );
  if (failed + lost > 0) problems.push("A request failed during the release of version 2.");
  if (!byVersion.has(2)) problems.push("Version 2 was released and answered nothing.");
}

/** How much they changed, from the mildest to the worst of as many in a row. */
function weatherText(flights: readonly Flight[]): string {
  const parts = Array.from({ length: Math.floor(flights.length / inARow) }, (_, i) =>
    flights.slice(i * inARow, (i + 1) * inARow),
  );
  const range = (of: (flight: Flight) => number) => {
    const means = parts.map((part) => part.reduce((sum, flight) => sum + of(flight), 0) / part.length);
    return `between ${percent(Math.min(...means))} and ${percent(Math.max(...means))}`;
  };
  return `of ${inARow} flights in a row ${range(({ late }) => Number(late))} landed late, and their origin_late_3h was ${range((flight) => flight.origin_late_3h ?? 0)}`;
}

/** Without the shadow, so that it does get some traffic. */
export async function releaseWorse(stage: Stage, traffic: Traffic): Promise<void> {
  const { screen, data, problems, client } = stage;
  screen.step("Somebody releases version 3, in a hurry");
  screen.say(
    "In the graph of version 3 somebody has multiplied origin_late_3h by 100. Its signature is right, it is as fast, its examples agree with it: no gate sees it. What came true does.",
  );
  const folder = `${data}-v3`;
  try {
    await makeV3(folder);
    await slipway(stage, ["deploy", folder, "--no-traffic"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const mark = traffic.questions.length;
  const order = ["rollout", "start", `${endpointName}@3`, "--file", "examples/flight-delays/canary.yaml", "--wait"];
  await slipway(stage, order, { exitCode: rolledBack });
  const { sent, byVersion, failed, lost } = tally(traffic.questions.slice(mark));
  screen.good(
    `${count(byVersion.get(3) ?? 0)} of ${count(sent)} flights were answered by version 3 before it was taken back; ${failed + lost} failed.`,
  );
  if (failed + lost > 0) problems.push("A request failed while version 3 was released and taken back.");
  const { target } = await client.endpoints.get(endpointName);
  if (target?.version !== 2) problems.push(`Version ${target?.version} serves after the release of version 3.`);
}
