import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTestLake } from "./testing/open-lake.ts";

const script = fileURLToPath(new URL("./testing/flush-and-stop.ts", import.meta.url));

interface Round {
  readonly step: string;
  readonly nth: number;
  readonly whom: "server" | "child";
}

/** Runs the script until it is killed, or done; tells what was answered and which marks it set. */
async function run(data: string, { step, nth, whom }: Round) {
  const answered: string[] = [];
  const marks: string[] = [];
  const child = spawn(process.execPath, [script, data, step, String(nth), whom], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("answered ")) answered.push(line.slice(9));
    else marks.push(line);
    if (line.startsWith("at ") && whom === "server") child.kill("SIGKILL");
  }
  await closed;
  return { answered, marks };
}

async function listFiles(data: string): Promise<string[]> {
  const names = await readdir(join(data, "lake"), { recursive: true });
  return names.filter((name) => name.endsWith(".parquet")).toSorted();
}

const rounds: readonly Round[] = [
  ...["file", "written", "place", "commit", "delete"].flatMap((step) => [
    { step, nth: 2, whom: "server" as const },
    ...(step === "file" || step === "written" ? [{ step, nth: 2, whom: "child" as const }] : []),
  ]),
  // The merges are of two partitions, each after eight flushes, which take the places before.
  { step: "merge", nth: 1, whom: "server" },
  { step: "merge", nth: 2, whom: "child" },
  { step: "place", nth: 9, whom: "server" },
  { step: "commit", nth: 9, whom: "server" },
  { step: "delete", nth: 9, whom: "server" },
  { step: "commit", nth: 10, whom: "server" },
];

test.each(rounds)(
  "killed at $step, time $nth: $whom; every answered prediction is in the lake once",
  async (round) => {
    const data = mkdtempSync(join(tmpdir(), "slipway-lake-kill-"));
    const { answered, marks } = await run(data, round);
    expect(marks).toContain(`at ${round.step}`);
    if (round.whom === "child") expect(marks).toContain("done");
    const again = await openTestLake({ data });
    const ids: string[] = [];
    for (const endpoint of ["flights", "others"]) {
      const found = await again.rows("SELECT id FROM predictions", { endpoint });
      ids.push(...found.map((row) => String(row["id"])));
    }
    expect(ids.toSorted()).toEqual(answered.toSorted());
    const listed = (await again.lake.listFiles()).map(({ path }) => path);
    expect(await listFiles(data)).toEqual(listed.toSorted());
    expect(await readdir(join(data, "lake", "tmp"))).toEqual([]);
    await again.lake.merge();
    const merged = await again.rows("SELECT DISTINCT id FROM predictions", { endpoint: "flights" });
    expect(merged.length).toBe(answered.filter((_, i) => i % 5 !== 0).length);
    await again.close();
  },
  120_000,
);
