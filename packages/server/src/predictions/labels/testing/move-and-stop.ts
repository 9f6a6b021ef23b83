import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { openTestLake } from "../../lake/testing/open-lake.ts";
import { createBulkLabels } from "../label-imports.ts";
import { createLabels } from "../labels.ts";
import { labelMigrations } from "../migrations.ts";
import { createLabelStore, writePull } from "../store.ts";

// Posts labels and moves them into the lake, imports a file, then says what there is; waits to be killed at a step:
//   node move-and-stop.ts DATA STEP NTH
const [data = "", wanted = "", nth = "1"] = process.argv.slice(2);
let left = Number(nth);
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function onStep(step: string): Promise<void> {
  if (step !== wanted || --left !== 0) return;
  say(`at ${step}`);
  await new Promise(() => setInterval(() => {}, 1000));
}

const { lake, sql } = await openTestLake({ data, onStep });
// The tables of an earlier run are there; the lake of the test knows only its own migrations.
for (const migration of labelMigrations) await sql.tx((trx) => migration.up(trx, sql.dialect)).catch(() => undefined);
const store = createLabelStore(sql);
const parts = { lake, sql, store, clock: systemClock, logger: silentLogger };
const labels = createLabels(parts);
const bulk = createBulkLabels(parts);

const posted = Array.from({ length: 30 }, (_, i) => ({ key: `P ${i}`, value: i, observed_at: "2026-11-22" }));
// Only the run that is killed posts: what was answered there must be there in the next.
if (wanted !== "")
  await labels.add({ endpoint: "flights", labels: posted, ambiguous: "none", resolve: false, source: "test" });
say("posted");
await lake.flush();
const path = join(data, "labels.csv");
writeFileSync(path, `key,value\n${Array.from({ length: 50 }, (_, i) => `I ${i},${i}`).join("\n")}\n`);
const work = { columns: {}, source: "test", ambiguous: "none", skipBad: false } as const;
const pull = { endpoint: "flights", source: "s", query: "q", lastAt: 1, pulled: 50, error: null, nextAt: 2 };
await bulk(
  "flights",
  { origin: { kind: "file", path, format: "csv" }, ...work },
  {
    signal: new AbortController().signal,
    onProgress: () => {},
    within: (trx, { stored }) => writePull(trx, { ...pull, watermark: 7, stored }),
  },
);
const listed = await labels.list({ endpoint: "flights", limit: 1000, cursor: null });
const pulled = await store.findPull("flights");
say(JSON.stringify({ keys: listed.items.map((item) => item.key), pulled: pulled?.stored ?? null }));
process.exit();
