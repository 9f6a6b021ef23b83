// Two releases: a version that proves itself while a storm comes up, and one that does harm.
import { rm } from "node:fs/promises";
import { makeV3 } from "../v3.ts";
import { count, percent } from "./screen.ts";
import { endpointName, slipway, type Stage } from "./stage.ts";
import { tally, versionsText } from "./tally.ts";
import type { Question, Traffic } from "./traffic.ts";

const file = "examples/flight-delays/release.yaml";
const fewFlights = 1000;
const rolledBack = 6;

export async function releaseBetter(stage: Stage): Promise<void> {
  const { screen, traffic, problems } = stage;
  screen.step("Release a better model while they fly, and have it prove itself");
  screen.say(
    "Version 2 also knows how late the airport runs just now. First it answers each flight once more, for nobody, and every pair is held against what came true; then it gets a tenth of the traffic, then half. The section `rollout` of the file says so.",
  );
  const mark = traffic.questions.length;
  await slipway(stage, ["deploy", "examples/flight-delays/v2", "--no-traffic"]);
  await slipway(stage, ["rollout", "start", `${endpointName}@2`, "--file", file, "--wait"]);
  const asked = traffic.questions.slice(mark);
  const { sent, byVersion, failed, lost } = tally(asked);
  screen.good(`${count(sent)} asked meanwhile: ${versionsText(byVersion)}; ${failed + lost} failed.`);
  const [before, after] = [lateShare(asked.slice(0, fewFlights)), lateShare(asked.slice(-fewFlights))];
  screen.say(
    `A storm came up meanwhile: at first ${percent(before)} of the flights were to land late, at the end ${percent(after)}. That both versions were wrong more often is no harm of one of them, as they are held against each other at the same time. So nothing was rolled back.`,
  );
  if (failed + lost > 0) problems.push("A request failed during the release of version 2.");
  if (!byVersion.has(2)) problems.push("Version 2 was released and answered nothing.");
}

function lateShare(questions: readonly Question[]): number {
  return questions.filter(({ flight }) => flight.late).length / Math.max(1, questions.length);
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
