import { makeUpInputs, sliceRows, type Examples, type Replica, type Signature, type Tensor } from "@slipway/runtime";

/** Milliseconds. */
export interface Latency {
  readonly rows: number;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Latencies {
  readonly single: Latency;
  /** Null where rows do not share a run. */
  readonly batch: Latency | null;
  /** Whether the rows were recorded ones; made up otherwise. */
  readonly recorded: boolean;
}

const mostRuns = 300;
const budgetMs = 1000;

/** Times runs of one row and of a batch on a warm copy of a model. @throws what the model fails with on made-up rows */
export async function measureLatency(
  replica: Replica,
  signature: Signature,
  { examples, batchRows }: { examples: Examples | null; batchRows: number },
): Promise<Latencies> {
  const rowOf = createRows(signature, examples);
  const single = await time((i) => replica.run(rowOf(i)), 1);
  if (!signature.batched) return { single, batch: null, recorded: examples !== null };
  const rows = examples === null ? batchRows : Math.min(batchRows, examples.rows);
  const inputs =
    examples === null ? makeUpInputs(signature, rows) : examples.requests[0]!.map((all) => sliceRows(all, 0, rows));
  return { single, batch: await time(() => replica.run(inputs), rows), recorded: examples !== null };
}

/** The model's own tensors of one row after the other. */
function createRows(signature: Signature, examples: Examples | null): (i: number) => readonly Tensor[] {
  if (examples === null) return () => makeUpInputs(signature, 1);
  const { requests, rows } = examples;
  if (!signature.batched) return (i) => requests[i % requests.length]!;
  return (i) => requests[0]!.map((all) => sliceRows(all, i % rows, (i % rows) + 1));
}

async function time(run: (i: number) => Promise<unknown>, rows: number): Promise<Latency> {
  const times: number[] = [];
  // The first runs allocate.
  for (let i = 0; i < 3; i++) await run(i);
  const until = performance.now() + budgetMs;
  while (times.length < mostRuns && (times.length < 3 || performance.now() < until)) {
    const from = performance.now();
    await run(times.length);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)]!;
  return { rows, runs: times.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}
