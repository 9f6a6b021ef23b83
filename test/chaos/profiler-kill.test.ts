import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

// The steps one by one are killed beside the code (monitoring/profiles/profiles-kill.test.ts); here it is any moment of a real server.
const kills = rounds(1, 60);
const server = useServer({ args: ["--log-segment", "65536"] });
const name = "profiled";
const manifest = { serve: { timeout: "20s" }, monitor: { window: "1s" } };
let last = 0;

beforeAll(() => deploy(server.url, smallModel("matrix"), { name, manifest }), 60_000);

async function askFor(ms: number): Promise<void> {
  const end = performance.now() + ms;
  const records = () => Array.from({ length: 1 + (++last % 3) }, () => ({ X: [last, 0, 0, 0] }));
  while (performance.now() < end) {
    const asked = fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { json: records() });
    if ((await asked.catch(() => null)) === null) return;
  }
}

interface Counted {
  readonly window: number;
  readonly rows: number;
}

/** Predictions by second, as the lake has them. */
async function recorded(): Promise<Counted[]> {
  const sql = `SELECT epoch_ms(date_trunc('second', predicted_at)) AS window, count(*) AS rows
    FROM predictions WHERE status = 'ok' GROUP BY 1 ORDER BY 1`;
  const url = `${server.url}/api/v1/endpoints/${name}/predictions/query`;
  const { status, body } = await fetchJson(url, { json: { sql, limit: 100_000 } });
  expect(status, JSON.stringify(body)).toBe(200);
  return (body.rows as { window: number | string; rows: number | string }[]).map(({ window, rows }) => ({
    window: Number(window),
    rows: Number(rows),
  }));
}

/** The same by the profiles, and by the minutes' counters. */
function profiled(): { readonly windows: Counted[]; readonly total: number } {
  const database = new DatabaseSync(join(server.data, "slipway.db"), { readOnly: true });
  try {
    const windows = database
      .prepare("select from_at as window, rows from monitor_profiles where slice = '' and rows > 0 order by from_at")
      .all();
    const [sum] = database.prepare("select sum(rows) as total from monitor_minutes").all();
    return {
      windows: windows.map(({ window, rows }) => ({ window: Number(window), rows: Number(rows) })),
      total: Number(sum?.["total"]),
    };
  } finally {
    database.close();
  }
}

test(
  `killed ${kills} times while predictions come, each of them is in the profile of its second once`,
  { timeout: rounds(120_000, 3_600_000) },
  async () => {
    for (let kill = 0; kill < kills; kill++) {
      const asking = askFor(10_000);
      await expect.poll(() => profiled().windows.length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 1_000 * Math.random()));
      await server.kill9();
      await asking;
      await server.restart({});
      await askFor(100);
      const windows = await recorded();
      const total = windows.reduce((sum, { rows }) => sum + rows, 0);
      await expect.poll(profiled, { timeout: 60_000, interval: 100 }).toEqual({ windows, total });
    }
  },
);
