import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

// The steps one by one are killed beside the code (predictions/lake/lake-kill.test.ts); here it is any moment of a real server.
const kills = rounds(4, 100);
const server = useServer({ args: ["--lake-interval", "50ms", "--log-segment", "65536"] });
const name = "lake";
const answered: string[] = [];
/** Asked, and the answer never came: on record once, or not at all. */
const unanswered = new Set<number>();
let last = 0;

beforeAll(() => deploy(server.url, scaledMatrix(2), { name, manifest: { serve: { timeout: "20s" } } }), 60_000);

async function ask(): Promise<void> {
  const value = ++last;
  unanswered.add(value);
  const records = Array.from({ length: 1 + (value % 3) }, () => ({ X: [value, 0, 0, 0] }));
  const { status, body } = await fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { json: records });
  if (status !== 200) return;
  unanswered.delete(value);
  for (let row = 0; row < records.length; row++) answered.push(records.length > 1 ? `${body.id}/${row}` : body.id);
}

async function askFor(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end)
    if (
      !(await ask().then(
        () => true,
        () => false,
      ))
    )
      return;
}

function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "))
    .filter(Boolean)
    .map(Number);
}

async function recorded(): Promise<string[]> {
  const sql = 'SELECT prediction, "X"[1] AS value FROM predictions';
  const { status, body } = await fetchJson(`${server.url}/api/v1/endpoints/${name}/predictions/query`, {
    json: { sql, limit: 1_000_000 },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const rows = body.rows as { prediction: string; value: number }[];
  return rows.filter(({ value }) => !unanswered.has(value)).map(({ prediction }) => prediction);
}

test(
  "every answered prediction is in the lake once, whenever the server or its child is killed",
  async () => {
    for (let kill = 0; kill < kills; kill++) {
      const asking = askFor(400 + ((kill * 37) % 300));
      if (kill % 2 === 0) {
        await asking;
        for (const pid of childrenOf(server.pid)) process.kill(pid, "SIGKILL");
        await askFor(200);
        expect((await recorded()).toSorted()).toEqual(answered.toSorted());
      } else {
        await new Promise((resolve) => setTimeout(resolve, 100 + ((kill * 53) % 400)));
        await server.kill9();
        await asking;
        await server.restart();
      }
    }
    expect(answered.length).toBeGreaterThan(kills);
    expect((await recorded()).toSorted()).toEqual(answered.toSorted());
    const orphans = readdirSync(join(server.data, "lake", "tmp"));
    expect(orphans.length).toBeLessThan(20);
  },
  120_000 + kills * 20_000,
);
