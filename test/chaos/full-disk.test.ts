import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { needs } from "../lib/needs.ts";
import { rounds } from "../lib/rounds.ts";
import { startServer } from "../lib/server.ts";

const gib = 2 ** 30;
const tmpfs = 0x01021994;
const volume = statfsSync(tmpdir());
const free = volume.bavail * volume.bsize;
/** How far the free space may move by what others do without changing the outcome. */
const margin = Math.min(3 * gib, Math.floor(free / 8));

/** Takes space at once, where the volume is no memory and the system can. */
function canFill(): boolean {
  if (volume.type === tmpfs || free < 4 * gib) return false;
  try {
    execFileSync("fallocate", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const enough = "a disk (no memory) with 4 GiB free, and fallocate";
const how = needs(enough, canFill(), { inCi: "optional" }) ? test : test.skip;

how(
  "a disk that fills up and empties again under load: every answer says rightly whether it is on record",
  { timeout: rounds(60_000, 600_000) },
  async () => {
    const server = await startServer({ args: ["--log-reserve", String(free - margin)] });
    await deploy(server.url, smallModel("matrix"), { name: "filled" });
    const answers: { id: string; logged: boolean }[] = [];
    const over = new AbortController();
    const ask = async () => {
      while (!over.signal.aborted) {
        const { status, headers, body } = await fetchJson(`${server.url}/endpoints/filled/predict`, {
          json: { X: [1, 2, 3, 4] },
        });
        expect(status).toBe(200);
        answers.push({ id: body.id, logged: headers.get("x-slipway-logged") === null });
      }
    };
    const load = Promise.all([ask(), ask()]);
    const sees = (logged: boolean) => expect.poll(() => answers.at(-1)?.logged, { timeout: 10_000 }).toBe(logged);
    const folder = mkdtempSync(join(tmpdir(), "slipway-filler-"));
    try {
      for (let round = 0; round < rounds(2, 40); round++) {
        await sees(true);
        execFileSync("fallocate", ["-l", String(2 * margin), join(folder, "filler")]);
        await sees(false);
        // What was kept free is there for this: the control plane goes on.
        expect((await deploy(server.url, scaledMatrix(2 + round), { name: "other" })).created).toBe(true);
        rmSync(join(folder, "filler"));
      }
      await sees(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      over.abort();
    }
    await load;
    await server.restart();
    const recorded = new Set<string>();
    for await (const item of createClient({ url: server.url }).predictions.all("filled", { limit: 1000 }))
      recorded.add(item.id);
    expect(answers.filter(({ id, logged }) => recorded.has(id) !== logged).slice(0, 3)).toEqual([]);
    expect(answers.some(({ logged }) => logged) && answers.some(({ logged }) => !logged)).toBe(true);
  },
);
