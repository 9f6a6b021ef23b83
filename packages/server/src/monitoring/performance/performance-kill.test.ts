import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { hour, openTestPerformance, start } from "./testing/open-performance.ts";

const script = fileURLToPath(new URL("./testing/measure-and-stop.ts", import.meta.url));

/** Runs until it says that it is at the step, and is killed there. */
function runUntil(data: string, step: string): Promise<string> {
  const child = spawn(process.execPath, [script, data, step], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes(`at ${step}\n`)) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.once("close", () => resolve(said)));
}

// Processes take seconds to start: a whole run of the tests looks. That figures and the note to judge are one commit is in store.test.ts.
test.runIf(process.env["MODE"] === "all").each(["before", "behind"] as const)(
  "killed %s the figures are saved, every window is measured once and judged",
  { timeout: 90_000 },
  async (step) => {
    const data = mkdtempSync(join(tmpdir(), "slipway-performance-kill-"));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    expect(await runUntil(data, step)).toContain(`at ${step}`);
    const opened = await openTestPerformance({ data });
    onTestFinished(() => opened.close());
    const { windows, findings } = opened.endpoint("flights");
    expect(await windows()).toHaveLength(step === "before" ? 0 : 2);
    expect(await findings(0)).toEqual([]);
    opened.at(start + 3 * hour);
    await opened.watch.pass();
    expect(await windows()).toMatchObject([0, 1].map(() => ({ rows: 400, labelled: 400, state: "final" })));
    for (const window of [0, 1]) {
      const metrics = (await findings(window)).filter(({ monitor }) => monitor === "performance.realised");
      expect(metrics.map(({ metric }) => metric)).toEqual(["roc_auc", "accuracy"]);
    }
    expect(await opened.store.listPending(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  },
);
