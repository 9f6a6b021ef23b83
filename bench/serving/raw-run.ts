import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readCpuUs } from "../lib/process-usage.ts";
import type { Question } from "./question.ts";

/** What ONNX Runtime gives by itself in this process: no server, no protocol, no log. */
export interface RawReport {
  readonly bestBatch: number;
  readonly rowsPerSecond: number;
  /** One run of the question as it is. */
  readonly runUs: number;
  readonly cpuUsPerRow: number;
}

// `node raw-run.ts MODEL QUESTION SECONDS`: QUESTION is a JSON file. Prints a report as JSON.
const [model = "", file = "", seconds = "2"] = process.argv.slice(2);
const question = JSON.parse(readFileSync(file, "utf8")) as Question;
// As Slipway opens a session, and what one core can use.
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: "0" } } },
});

/** The question's rows again and again until there are so many. */
function toFeeds(rows: number): Record<string, Tensor> {
  return Object.fromEntries(
    question.inputs.map(({ name, datatype, shape, data }) => {
      const dims = [rows, ...shape.slice(1)];
      const size = dims.reduce((product, each) => product * each, 1);
      const values = Array.from({ length: size }, (_, at) => data[at % data.length]!);
      if (datatype === "BYTES") return [name, new Tensor("string", values as string[], dims)];
      if (datatype === "INT64")
        return [name, new Tensor("int64", BigInt64Array.from(values as number[], BigInt), dims)];
      return [name, new Tensor("float32", Float32Array.from(values as number[]), dims)];
    }),
  );
}

/** @returns how long each run took, in microseconds */
async function runFor(ms: number, rows: number): Promise<number[]> {
  const feeds = toFeeds(rows);
  const times: number[] = [];
  const until = performance.now() + ms;
  for (let before = performance.now(); before < until;) {
    await session.run(feeds);
    const after = performance.now();
    times.push((after - before) * 1_000);
    before = after;
  }
  return times;
}

const toRate = (times: readonly number[], rows: number): number =>
  (times.length * rows * 1e6) / times.reduce((sum, each) => sum + each, 0);

const toMedian = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

await runFor(300, question.rows);
const asIs = await runFor(500, question.rows);
const rates: { rows: number; rate: number }[] = [];
for (const rows of [1, 2, 4, 8, 16, 32, 64, 128, 256])
  rates.push({ rows, rate: toRate(await runFor(200, rows), rows) });
const { rows: bestBatch } = rates.toSorted((a, b) => b.rate - a.rate)[0]!;
const before = readCpuUs(process.pid);
const best = await runFor(Number(seconds) * 1_000, bestBatch);
const report: RawReport = {
  bestBatch,
  rowsPerSecond: toRate(best, bestBatch),
  runUs: toMedian(asIs),
  cpuUsPerRow: (readCpuUs(process.pid) - before) / Math.max(1, best.length * bestBatch),
};
process.stdout.write(JSON.stringify(report));
