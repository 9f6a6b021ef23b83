import type { Replica, Tensor } from "@slipway/runtime";
import { sliceAll } from "./read-sample.ts";

export interface Gain {
  /** Median milliseconds of a row alone. */
  readonly originalMs: number;
  readonly translatedMs: number;
}

const rounds = 40;
const budgetMs = 2000;

/** Times both with the same rows, one after the other, so that whatever else the machine does meets both. */
export async function measureGain(
  original: Replica,
  translated: Replica,
  { inputs, rows }: { readonly inputs: readonly Tensor[]; readonly rows: readonly number[] },
): Promise<Gain> {
  const times = { original: [] as number[], translated: [] as number[] };
  const startedAt = performance.now();
  for (let round = 0; round < rounds && performance.now() - startedAt < budgetMs; round++) {
    const row = rows[round % rows.length]!;
    const request = sliceAll(inputs, row, row + 1);
    times.original.push(await time(() => original.run(request)));
    times.translated.push(await time(() => translated.run(request)));
  }
  return { originalMs: median(times.original), translatedMs: median(times.translated) };
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
