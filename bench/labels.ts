import { execFileSync } from "node:child_process";
import { randomUUIDv7 } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../packages/server/src/kernel/logger.ts";
import { createMaintenance } from "../packages/server/src/kernel/maintenance.ts";
import { createLake } from "../packages/server/src/platform/lake/index.ts";
import { migrate, openSqlite } from "../packages/server/src/platform/sql/index.ts";
import { createPredictionLake, labelMigrations, lakeMigrations } from "../packages/server/src/predictions/index.ts";
import { createBulkLabels } from "../packages/server/src/predictions/labels/label-imports.ts";
import { createLabels } from "../packages/server/src/predictions/labels/labels.ts";
import { createLabelStore } from "../packages/server/src/predictions/labels/store.ts";
import { canPin } from "./lib/pin.ts";
import { alternate, toTable } from "./lib/table.ts";

// A CSV of labels attached to as many predictions in the lake, on one core: by key, by id, and the same file again.
//   npm run bench:labels -- [--repeats 5] [--labels 1000000]
const { values: options } = parseArgs({
  options: { repeats: { type: "string", default: "5" }, labels: { type: "string", default: "1000000" } },
});
const count = Number(options.labels);
const folder = join(tmpdir(), `slipway-bench-labels-${process.pid}`);
const endpoint = "flights";
const makeFiles = new URL("../packages/server/src/predictions/labels/testing/lake-files.ts", import.meta.url);
const limits = { memoryBytes: 2 ** 29, threads: 1, idleMs: 600_000, clock: systemClock, logger: silentLogger };
const [predictions, byKey, byId] = ["predictions.parquet", "key.csv", "id.csv"].map((name) => join(folder, name));

/** The columns that labels need of predictions, and two files that label each of them once. */
async function makeInputs(): Promise<void> {
  const lake = createLake(limits);
  const make = (sql: string, path: string) => lake.run({ module: makeFiles, input: { sql, path } });
  await make(
    `select uuidv7() as id, 0::uinteger as "row", 1::uinteger as "rows", 'flight-' || i as "key",
      make_timestamp(1793491200000000 + i * 80000) as predicted_at, 'ok' as status from range(${count}) t(i)`,
    predictions!,
  );
  const when = "timestamp '2026-11-22' + interval (i) second";
  const rows = `select *, row_number() over () as i from read_parquet('${predictions}')`;
  for (const [path, named] of [
    [byKey!, '"key"'],
    [byId!, "id as prediction"],
  ] as const) {
    const sql = `select ${named}, case when i % 5 = 0 then 'late' else 'on_time' end as value, ${when} as observed_at from (${rows})`;
    await lake.run({
      module: makeFiles,
      input: { sql: "select 1", before: `copy (${sql}) to '${path}' (header true)` },
    });
  }
  await lake.close();
}

async function openLabels(name: string) {
  const data = join(folder, name);
  mkdirSync(join(data, "tmp"), { recursive: true });
  mkdirSync(join(data, "log"));
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, [...lakeMigrations, ...labelMigrations], systemClock);
  const position = { instance: randomUUIDv7(), segment: 1, byte: 64 };
  const lake = await createPredictionLake({
    folder: join(data, "lake"),
    logFolder: join(data, "log"),
    tempFolder: join(data, "tmp"),
    sql,
    reader: createLake(limits),
    writer: createLake(limits),
    maintenance: createMaintenance(),
    growing: async () => [position],
    findSignature: async () => null,
    clock: systemClock,
    logger: silentLogger,
    intervalMs: 0,
  });
  await lake.exclusive(async (writer) => {
    const tempPath = writer.tempPath();
    writeFileSync(tempPath, readFileSync(predictions!));
    const about = { kind: "predictions", endpoint, signature: "none", day: "2026-11-22" } as const;
    const bytes = statSync(tempPath).size;
    await writer.replaceFiles({ add: [{ ...about, rows: count, bytes, minAt: 0, maxAt: 2 ** 42, tempPath }] });
  });
  const labels = createLabels({ store: createLabelStore(sql), lake, clock: systemClock, logger: silentLogger });
  const bulk = createBulkLabels({ lake, sql, clock: systemClock });
  const attach = async (path: string, stored: number): Promise<number> => {
    const work = { columns: {}, source: "bench", ambiguous: "none", skipBad: false } as const;
    const quiet = { signal: new AbortController().signal, onProgress: () => {} };
    const started = performance.now();
    const found = await bulk(endpoint, { origin: { kind: "file", path, format: "csv" }, ...work }, quiet);
    if (found.stored !== stored || found.matched !== count) throw new Error(`Not attached: ${JSON.stringify(found)}`);
    return (performance.now() - started) / 1000;
  };
  const close = async () => {
    await lake.close();
    await sql.close();
    rmSync(data, { recursive: true, force: true });
  };
  return { attach, labels, close };
}

/** Highest resident memory of the children of this process, MB. */
function peak(): number {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  const of = (pid: string) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return (Math.max(...pids.map(of)) * 1024) / 1e6;
}

async function run(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [name, path] of [
    ["key", byKey!],
    ["id", byId!],
  ] as const) {
    const { attach, labels, close } = await openLabels(name);
    figures[`attached by ${name}, s`] = await attach(path, count);
    figures[`the same file again, by ${name}, s`] = await attach(path, 0);
    const started = performance.now();
    const { labelled } = await labels.summary(endpoint);
    if (labelled !== count) throw new Error("Not every prediction is labelled.");
    figures[`summary, by ${name}, s`] = (performance.now() - started) / 1000;
    figures[`child's highest RSS, by ${name}, MB`] = peak();
    await close();
  }
  return figures;
}

mkdirSync(folder, { recursive: true });
try {
  await makeInputs();
  const size = [byKey!, byId!].map((path) => `${(statSync(path).size / 1e6).toFixed(0)} MB`).join(" and ");
  console.log(`${count} labels, CSV files of ${size}\n`);
  // Children stay on the core of their parent, which does nothing meanwhile.
  if (canPin()) execFileSync("taskset", ["-acp", "1", String(process.pid)], { stdio: "ignore" });
  console.log(toTable(await alternate(Number(options.repeats), { slipway: run })));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
