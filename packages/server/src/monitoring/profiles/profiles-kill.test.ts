import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { flights, openTestProfiler } from "./testing/open-profiler.ts";

const script = fileURLToPath(new URL("./testing/sync-and-stop.ts", import.meta.url));

/** Runs the script until it is killed at the step; returns how many predictions were answered. */
async function run(data: string, step: string, nth: number): Promise<number> {
  const child = spawn(process.execPath, [script, data, step, String(nth)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === `at ${step}`) child.kill("SIGKILL");
  }
  await closed;
  expect(lines).toContain(`at ${step}`);
  return 2 * lines.filter((line) => line.startsWith("answered ")).length;
}

// `read`: profiles are made and not stored; `saved`: they are stored, and the reader does not know it.
const steps = [
  ["read", 2],
  ["saved", 2],
] as const;
const few = process.env["MODE"] === "all" ? steps : steps.slice(0, 1);
test.each(few)("killed at %s %i, every prediction counts once", { timeout: 90_000 }, async (step, nth) => {
  const data = mkdtempSync(join(tmpdir(), "slipway-profiles-kill-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const answered = await run(data, step, nth);
  const { profiler, append, close } = await openTestProfiler({ data });
  await append("flights");
  await profiler.sync();
  const range = { from: 0, to: 2 ** 42 };
  const profile = await profiler.find({ watched: flights, ...range });
  expect(profile).toMatchObject({ rows: answered + 1, requests: answered / 2 + 1 });
  for (const { name, count } of profile?.columns ?? []) expect([name, count]).toEqual([name, answered + 1]);
  const minutes = await profiler.listMinutes({ endpoint: "flights", ...range });
  expect(minutes.reduce((sum, { rows }) => sum + rows, 0)).toBe(answered + 1);
  await close();
});

test("a commit that somebody else was faster with is refused, and read again", async () => {
  const first = await openTestProfiler();
  await first.append("flights");
  await first.profiler.sync();
  await first.append("flights");
  const second = await openTestProfiler({
    data: first.data,
    // While this one has made its profiles, the other one stores its own.
    onStep: (step) => (step === "read" ? first.profiler.sync() : Promise.resolve()),
  });
  await expect(second.profiler.sync()).rejects.toThrow("The thread that makes profiles ended");
  await second.profiler.sync();
  expect(await second.profiler.find({ watched: flights, from: 0, to: 2 ** 42 })).toMatchObject({ rows: 2 });
  await second.close();
  await first.close();
});
