import type { OutputSpec, Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";
import type { OnnxSession } from "../session.ts";
import { findBatchTrouble } from "./batch-check.ts";
import { madeUpRows, makeInputs, type Row } from "./made-up-inputs.ts";
import { threadLimits } from "./placement.ts";
import type { ProbeReport, ProbeRequest } from "./report.ts";

export interface Measurement extends Pick<ProbeReport, "runs" | "unmeasured" | "notes"> {
  readonly signature: Signature;
}

/** Runs a model on made-up rows: how long it takes, whether rows can share a run, and what shapes come out. */
export async function measure(session: OnnxSession, guess: Signature, request: ProbeRequest): Promise<Measurement> {
  const names = guess.outputs.map((output) => output.name);
  const run = (rows: readonly Row[]) => session.run(makeInputs(guess.inputs, rows, request), names);

  const singles = new Map<Row, readonly Tensor[]>();
  let firstMs: number | null = null;
  let failure = "";
  for (const row of madeUpRows) {
    const start = performance.now();
    try {
      singles.set(row, await run([row]));
      firstMs ??= performance.now() - start;
    } catch (error) {
      failure ||= (error as Error).message;
    }
  }
  const good = [...singles.keys()][0];
  if (good === undefined || firstMs === null) {
    const note =
      "It was not tried out, because it failed on made-up inputs; ranges in slipway.yaml help to make up better ones.";
    return { signature: guess, runs: null, unmeasured: failure, notes: [note] };
  }
  const slow = firstMs > request.budgetMs;
  const times = slow ? [firstMs] : await takeTimes(() => run([good]), request.budgetMs);
  const runs = { firstMs, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), count: times.length };

  const trouble = guess.batched ? await findTrouble(run, singles, slow) : null;
  const notes =
    trouble === null ? [] : [`Its first dimension looks like a batch, but ${trouble}: each request runs by itself.`];
  const batched = guess.batched && trouble === null;
  const outputs = guess.outputs.map((output, i) => withShape(output, singles.get(good)![i]!, batched));
  return { signature: { ...guess, outputs, batched }, runs, unmeasured: null, notes };
}

/**
 * Different rows where each of them runs alone, else the last that did, several times: the first may be all zeros, which
 * change nothing for the rows beside them. Of a slow model the one batch that tells most is run.
 */
async function findTrouble(
  run: (rows: readonly Row[]) => Promise<readonly Tensor[]>,
  singles: ReadonlyMap<Row, readonly Tensor[]>,
  slow: boolean,
): Promise<string | null> {
  const last = [...singles.keys()].at(-1)!;
  const all = singles.size === madeUpRows.length ? madeUpRows : [last, last, last];
  for (const rows of slow ? [all.slice(1)] : [all.slice(0, 1), all.slice(1), all]) {
    try {
      const trouble = findBatchTrouble(
        rows.map((row) => singles.get(row)!),
        await run(rows),
      );
      if (trouble !== null) return trouble;
    } catch (error) {
      return `it fails on ${rows.length} rows (${(error as Error).message})`;
    }
  }
  return null;
}

const windows = 6;

/**
 * Times of runs, sorted, within about a budget and at least one. A busy machine makes single runs late: where only that
 * speaks against the event loop's thread, the time is taken again, and the best window counts.
 */
export async function takeTimes(run: () => Promise<unknown>, budgetMs: number): Promise<number[]> {
  const windowMs = budgetMs / windows;
  let best: number[] = [];
  for (let attempt = 0; attempt < windows; attempt++) {
    const times: number[] = [];
    const start = performance.now();
    while (times.length < 300 && (times.length < 1 || performance.now() - start < windowMs)) {
      const from = performance.now();
      await run();
      times.push(performance.now() - from);
    }
    // The first third of many runs warms the caches.
    const settled = times.slice(times.length > 30 ? Math.floor(times.length / 3) : 0).toSorted((a, b) => a - b);
    if (best.length === 0 || quantile(settled, 0.95) < quantile(best, 0.95)) best = settled;
    if (quantile(best, 0.95) <= threadLimits.runP95Ms || quantile(best, 0.5) > threadLimits.runP95Ms) break;
  }
  return best;
}

/** Nearest rank of sorted values. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? 0;
}

/** A file may say nothing of an output's shape; then it is as the run showed it, open in the batch. */
function withShape(output: OutputSpec, seen: Tensor, batched: boolean): OutputSpec {
  if (output.shape.length > 0 || seen.shape.length === 0) return output;
  return { ...output, shape: seen.shape.map((size, dimension) => (dimension === 0 && batched ? -1 : size)) };
}
