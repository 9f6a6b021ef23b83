import { randomUUIDv7 } from "node:crypto";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLogWriter, encodeRoute, type LogWriter, type Signature, type Tensor } from "@slipway/runtime";
import { createNormal, createRandom } from "@slipway/statistics";
import { systemClock } from "../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../packages/server/src/kernel/logger.ts";
import {
  createProfilePlan,
  createProfiler,
  toSignaturePlan,
} from "../packages/server/src/monitoring/profiles/index.ts";
import { monitoringMigrations } from "../packages/server/src/monitoring/index.ts";
import { toMonitorSettings } from "../packages/server/src/monitoring/settings.ts";
import { migrate, openSqlite } from "../packages/server/src/platform/sql/index.ts";
import { toBarTable } from "./lib/bar.ts";
import { toFigure, toMarkdown } from "./lib/table.ts";

// Profiles of 16 numbers and 4 categories (and a class with its probabilities) from a log, SQL and all, by CPU time.
//   npm run bench:profiles -- [--predictions 1000000] [--repeats 3] [--slices 0]
const { values: options } = parseArgs({
  options: {
    predictions: { type: "string", default: "1000000" },
    repeats: { type: "string", default: "3" },
    slices: { type: "string", default: "0" },
  },
});
const count = Number(options.predictions);
const folder = join(tmpdir(), `slipway-bench-profiles-${process.pid}`);
const numbers = Array.from({ length: 16 }, (_, i) => `number_${i}`);
const categories = Array.from({ length: 4 }, (_, i) => `category_${i}`);
const levels = Array.from({ length: 20 }, (_, i) => `level ${i}`);
const signature: Signature = {
  inputs: [
    ...numbers.map((name) => ({ name, datatype: "FP32" as const, shape: [-1], nullable: true })),
    ...categories.map((name) => ({ name, datatype: "BYTES" as const, shape: [-1], nullable: false })),
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", "late"] }],
  packed: null,
  batched: true,
};
const edges = Float64Array.from({ length: 21 }, (_, i) => (i - 10) / 4);
const plan = createProfilePlan(
  toSignaturePlan(signature).columns.map((column) =>
    column.kind === "number"
      ? { ...column, edges: column.role === "output" ? edges.map((edge) => (edge + 2.5) / 5) : edges }
      : { ...column, categories: column.role === "output" ? column.categories : levels },
  ),
);
const random = createRandom(1);
const normal = createNormal(random);
const slices = levels.slice(0, Number(options.slices));

function makeRequest(rows: number, at: number) {
  const tensor = (name: string, datatype: Tensor["datatype"], data: Tensor["data"]): Tensor => {
    return { name, datatype, shape: [rows], data };
  };
  const level = () => levels[Math.floor(levels.length * random() ** 2)] as string;
  const inputs = [
    ...numbers.map((name) => tensor(name, "FP32", Float32Array.from({ length: rows }, normal))),
    ...categories.map((name) => tensor(name, "BYTES", Array.from({ length: rows }, level))),
  ];
  const shares = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 0.25 : 0.75));
  const output = { name: "late", datatype: "FP32" as const, shape: [rows, 2], data: shares };
  const durations = {
    parse: 30,
    queue: 10,
    run: 100 + Math.floor(200 * random()),
    total: 200 + Math.floor(300 * random()),
  };
  const said = { id: randomUUIDv7(), at: at * 1000, status: "ok" as const, rows, pinned: false, face: "predict" };
  return { ...said, durations, batchRows: rows, inputs, outputs: [output] };
}

/** Whole requests over six hours. */
async function writeLog(log: string, rows: number): Promise<void> {
  const instance = randomUUIDv7();
  const writer: LogWriter = createLogWriter({
    folder: log,
    instance,
    now: Date.now,
    onError: (error) => console.error(error),
  });
  const route = { instance, epoch: 1, endpoint: "flights", revision: 1, model: "flights", version: 1 };
  const encoded = encodeRoute({ ...route, digest: "ab".repeat(32) });
  const start = Date.UTC(2026, 2, 1);
  for (let i = 0; i < count; i += rows) {
    const record = { route: encoded, ...makeRequest(rows, start + Math.floor((i / count) * 6 * 3_600_000)) };
    if (i % (16 * rows) !== 0) writer.append(record, {}, () => {});
    else await new Promise((resolve) => writer.append(record, {}, resolve));
  }
  await writer.close();
}

async function profile(log: string, data: string) {
  mkdirSync(data, { recursive: true });
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, monitoringMigrations, systemClock);
  const settings = toMonitorSettings({
    ...(slices.length > 0 && { slices: [{ column: "category_0", values: slices }] }),
  });
  const profiler = createProfiler({
    logFolder: log,
    sql,
    growing: () => Promise.resolve([]),
    findSignature: () => Promise.resolve(signature),
    findReference: () => Promise.resolve({ plan, profile: { columns: [] } as never }),
    settingsOf: () => settings,
    clock: systemClock,
    logger: silentLogger,
  });
  const began = performance.now();
  const cpu = process.cpuUsage();
  await profiler.sync();
  const { user, system } = process.cpuUsage(cpu);
  const wall = performance.now() - began;
  const { rows } = profiler.stats();
  if (rows < count) throw new Error(`Only ${rows} of ${count} predictions were counted.`);
  const [first] = await profiler.list({
    watched: { endpoint: "flights", model: "flights", version: 1 },
    from: 0,
    to: 2 ** 42,
  });
  await profiler.close();
  await sql.close();
  const bytes = statSync(join(data, "slipway.db")).size;
  return {
    perCpu: rows / ((user + system) / 1e6),
    perSecond: rows / (wall / 1000),
    bytes,
    rows: first?.profile.rows ?? 0,
  };
}

const found: { readonly rows: number; readonly best: Awaited<ReturnType<typeof profile>> }[] = [];
try {
  for (const rows of [1, 100]) {
    const log = join(folder, `log-${rows}`);
    mkdirSync(log, { recursive: true });
    await writeLog(log, rows);
    const runs = [];
    for (let i = 0; i < Number(options.repeats); i++) runs.push(await profile(log, join(folder, `data-${rows}-${i}`)));
    found.push({ rows, best: runs.toSorted((a, b) => b.perCpu - a.perCpu)[0]! });
    console.error(
      `${rows} rows: ${runs.map(({ perCpu }) => Math.round(perCpu)).join(", ")} a CPU second, ${Math.round(runs[0]!.bytes / 2 ** 10)} KiB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const peak = toFigure(process.resourceUsage().maxRSS / 1024);
console.log(
  toMarkdown([
    ["rows a request", "predictions a CPU second", "predictions a second", "peak RSS, MB"],
    ...found.map(({ rows, best }) => [String(rows), toFigure(best.perCpu), toFigure(best.perSecond), peak]),
  ]),
);
console.log(
  toBarTable(
    found.map(({ rows, best }) => ({
      figure: `profiles of 16 + 4 columns, ${rows} rows a request, predictions a CPU second`,
      bar: "at least 300,000",
      value: toFigure(best.perCpu),
      met: best.perCpu >= 300_000,
    })),
  ),
);
