import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openTestCounters, plan } from "../testing/open-counters.ts";

const script = fileURLToPath(new URL("../testing/count-and-stop.ts", import.meta.url));

/** Runs the script until it is killed at the step; returns how many requests of each arm were answered. */
async function run(data: string, step: string, nth: number) {
  const child = spawn(process.execPath, [script, data, step, String(nth)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === `at ${step}`) child.kill("SIGKILL");
  }
  await closed;
  expect(lines).toContain(`at ${step}`);
  const count = (arm: string) => lines.filter((line) => line === `answered ${arm}`).length;
  return { challenger: count("challenger"), champion: count("champion") };
}

// `counted`: the thread has counted and nothing is stored; `saved`: it is stored, and the reader does not know it.
const steps = [
  ["saved", 2],
  ["counted", 2],
] as const;
const few = process.env["MODE"] === "all" ? steps : steps.slice(0, 1);
test.each(few)("killed at %s %i, every request counts once", { timeout: 90_000 }, async (step, nth) => {
  const data = mkdtempSync(join(tmpdir(), "slipway-evidence-kill-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const answered = await run(data, step, nth);
  const { counters, append, close } = await openTestCounters({ data });
  onTestFinished(close);
  await append({ arm: "challenger", propensity: 0.25, rows: 2 });
  await counters.refresh();
  const found = (await counters.find(plan.rollout))?.cells.map(({ arm, counts }) => [
    arm,
    counts.requests,
    counts.rows,
  ]);
  expect(found).toEqual([
    ["challenger", answered.challenger + 1, 2 * (answered.challenger + 1)],
    ["champion", answered.champion, 2 * answered.champion],
  ]);
});

test("a stretch that somebody else was faster with is refused, and counted again", async () => {
  const first = await openTestCounters();
  onTestFinished(first.close);
  await first.counters.begin(() => Promise.resolve(plan), plan.rollout);
  const second = await openTestCounters({
    data: first.data,
    // While this one has counted, the other one stores its own.
    onStep: (step) => (step === "counted" ? first.counters.refresh() : Promise.resolve()),
  });
  onTestFinished(second.close);
  await first.append({ arm: "champion" });
  await expect(second.counters.refresh()).rejects.toMatchObject({ code: "conflict" });
  await second.counters.refresh();
  const found = (await second.counters.find(plan.rollout))?.cells.map(({ counts }) => counts.requests);
  expect(found).toEqual([1]);
});
