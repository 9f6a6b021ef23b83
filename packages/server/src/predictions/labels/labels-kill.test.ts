import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../platform/sql/index.ts";
import { createLabelStore } from "./store.ts";

const script = fileURLToPath(new URL("./testing/move-and-stop.ts", import.meta.url));

/** Runs until it ends, or says that it is at the step and is killed. @returns all that it said */
function run(data: string, step = "", nth = 1): Promise<string> {
  const child = spawn(process.execPath, [script, data, step, String(nth)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes(`at ${step}\n`)) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.once("close", () => resolve(said)));
}

// The move of posted labels is the first change of the lake, the import the second.
const steps = ["place", "commit", "delete"].flatMap((step) => [[step, 1] as const, [step, 2] as const]);

test.each(steps)(
  "killed at %s of change %i, labels are lost or doubled nowhere",
  { timeout: 90_000 },
  async (step, nth) => {
    const data = mkdtempSync(join(tmpdir(), "slipway-labels-kill-"));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const said = await run(data, step, nth);
    expect(said).toContain("posted");
    expect(said).toContain(`at ${step}`);
    // What was listed with the file is the state of the pull, never the one without the other.
    const sql = await openSqlite({ path: join(data, "slipway.db") });
    const pulled = await createLabelStore(sql).findPull("flights");
    await sql.close();
    expect(pulled?.stored ?? null).toBe(nth === 2 && step === "delete" ? 50 : null);
    const again = await run(data);
    const { keys } = JSON.parse(again.trim().split("\n").at(-1) ?? "") as { keys: string[] };
    expect(new Set(keys).size).toBe(80);
    expect(keys).toHaveLength(80);
  },
);
