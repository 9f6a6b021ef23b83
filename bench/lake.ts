import { execFileSync } from "node:child_process";
import { randomUUIDv7 } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLogWriter, encodeRoute, type Signature, type Tensor } from "@slipway/runtime";
import { systemClock } from "../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../packages/server/src/kernel/logger.ts";
import { createMaintenance } from "../packages/server/src/kernel/maintenance.ts";
import { createLake } from "../packages/server/src/platform/lake/index.ts";
import { migrate, openSqlite } from "../packages/server/src/platform/sql/index.ts";
import { createPredictionLake, lakeMigrations } from "../packages/server/src/predictions/index.ts";
import { alternate, toTable } from "./lib/table.ts";
import { canPin } from "./lib/pin.ts";
import { readCpuUs } from "./lib/process-usage.ts";

// The lake: predictions of 12 columns from the log into Parquet, on one core, and a question about them.
//   npm run bench:lake -- [--repeats 5] [--predictions 1000000] [--rows 1]      rows: of a request
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    predictions: { type: "string", default: "1000000" },
    rows: { type: "string", default: "1" },
  },
});
const rows = Number(options.rows);
const count = Math.ceil(Number(options.predictions) / rows) * rows;
const folder = join(tmpdir(), `slipway-bench-lake-${process.pid}`);
const log = join(folder, "log");
const question = "SELECT hour(predicted_at) AS hour, count(*) AS n, avg(distance) AS mean FROM predictions GROUP BY 1";

const texts = ["origin", "destination", "carrier"];
const whole = ["hour", "weekday", "seats"];
const floats = ["distance", "wind", "rain", "temperature", "load"];
const signature: Signature = {
  inputs: [
    ...texts.map((name) => ({ name, datatype: "BYTES" as const, shape: [-1], nullable: false })),
    ...whole.map((name) => ({ name, datatype: "INT64" as const, shape: [-1], nullable: false })),
    ...floats.map((name) => ({ name, datatype: "FP32" as const, shape: [-1], nullable: true })),
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", "late"] }],
  packed: null,
  batched: true,
};

/** The log as a server writes it, a turn of 16 requests at a time. */
async function makeLog(): Promise<void> {
  const instance = randomUUIDv7();
  const writer = createLogWriter({
    folder: log,
    instance,
    now: Date.now,
    onError: (error) => console.error(error),
  });
  const route = { instance, epoch: 1, endpoint: "flights", revision: 1, model: "flights", version: 1 };
  const encoded = encodeRoute({ ...route, digest: "ab".repeat(32) });
  const airports = ["ATL", "JFK", "SFO", "ORD", "DEN"];
  const start = Date.UTC(2026, 2, 1);
  for (let i = 0; i < count; i += rows) {
    const each = <T>(value: (at: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(i + row));
    const tensor = (name: string, datatype: Tensor["datatype"], data: Tensor["data"]): Tensor => ({
      name,
      datatype,
      shape: [rows],
      data,
    });
    const inputs = [
      ...texts.map((name, k) =>
        tensor(
          name,
          "BYTES",
          each((at) => airports[(at + k) % 5]!),
        ),
      ),
      ...whole.map((name, k) => tensor(name, "INT64", BigInt64Array.from(each((at) => BigInt((at * (k + 3)) % 24))))),
      ...floats.map((name, k) => tensor(name, "FP32", Float32Array.from(each((at) => (at * (k + 7919)) % 3001)))),
    ];
    const late = (at: number) => ((at * 7919) % 1000) / 1000;
    const both = Float32Array.from(each((at) => [1 - late(at), late(at)]).flat());
    const outputs = [{ name: "late", datatype: "FP32" as const, shape: [rows, 2], data: both }];
    const record = { route: encoded, id: randomUUIDv7(), at: (start + i * 80) * 1000, status: "ok" as const, rows };
    const fields = {
      pinned: false,
      face: "predict",
      durations: { parse: 20, queue: 5, run: 40, total: 90 + (i % 50) },
    };
    const done = writer.append({ ...record, ...fields, batchRows: rows, inputs, outputs }, {}, () => {});
    if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve, done));
  }
  await writer.close();
}

/** What the only child of this process has used: its highest resident memory in MB, CPU time in seconds. */
function childUsage(): { peak: number; cpu: number } {
  const pid = Number(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ")[0]);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { peak: (Number(peak) * 1024) / 1e6, cpu: readCpuUs(pid) / 1e6 };
}

async function openLake(name: string) {
  const data = join(folder, name);
  mkdirSync(join(data, "tmp"), { recursive: true });
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, [...lakeMigrations], systemClock);
  const limits = { memoryBytes: 2 ** 29, idleMs: 60_000, clock: systemClock, logger: silentLogger };
  const position = { instance: randomUUIDv7(), segment: 1, byte: 64 };
  const lake = await createPredictionLake({
    folder: join(data, "lake"),
    logFolder: log,
    tempFolder: join(data, "tmp"),
    sql,
    reader: createLake({ ...limits, threads: 2 }),
    writer: createLake({ ...limits, threads: 1 }),
    maintenance: createMaintenance(),
    growing: async () => [position],
    findSignature: async () => signature,
    clock: systemClock,
    logger: silentLogger,
    intervalMs: 0,
    budgetBytes: 2 ** 40,
  });
  const close = async () => {
    await lake.close();
    await sql.close();
    rmSync(data, { recursive: true, force: true });
  };
  return { lake, close };
}

async function compact(): Promise<Record<string, number>> {
  const { lake, close } = await openLake("compact");
  const started = performance.now();
  await lake.flush();
  const seconds = (performance.now() - started) / 1000;
  const files = await lake.listFiles();
  if (files.reduce((sum, file) => sum + file.rows, 0) !== count)
    throw new Error("Not every prediction is in the lake.");
  const { peak, cpu } = childUsage();
  await close();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    "log to Parquet, s": seconds,
    "CPU of the child with its start, s": cpu,
    "child's highest RSS, MB": peak,
    "Parquet, MB": bytes / 1e6,
  };
}

function pin(cores: string): void {
  if (canPin()) execFileSync("taskset", ["-acp", cores, String(process.pid)], { stdio: "ignore" });
}

mkdirSync(log, { recursive: true });
try {
  await makeLog();
  const size = readdirSync(log, { recursive: true }).map((name) => statSync(join(log, String(name))).size);
  console.log(
    `${count} predictions in requests of ${rows}, log of ${(size.reduce((a, b) => a + b, 0) / 1e6).toFixed(0)} MB\n`,
  );
  // Children stay on the core of their parent, which does nothing meanwhile.
  pin("1");
  console.log(toTable(await alternate(Number(options.repeats), { slipway: compact })));
  pin("0,1");
  const { lake, close } = await openLake("query");
  await lake.flush();
  const ask = async () => {
    const started = performance.now();
    const { path } = await lake.query({ endpoint: "flights", sql: question, format: "json" });
    const ms = performance.now() - started;
    rmSync(path);
    return { "count, mean by hour, ms": ms };
  };
  const cold = await alternate(1, { "first question": ask });
  console.log(`\n${toTable(cold)}\n\n${toTable(await alternate(2 * Number(options.repeats), { "later ones": ask }))}`);
  await close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
