import { orderOf } from "../metrics/order.ts";
import { requireSameLength, UNDEFINED, type Measure } from "../metrics/measure.ts";
import { requireProbability } from "../metrics/probability.ts";

export interface ReliabilityBin {
  readonly count: number;
  readonly meanProbability: number;
  /** Share of positive rows, with the standard error of a share. */
  readonly meanTruth: number;
  readonly standardError: number;
}

export interface BinningOptions {
  /** Default 10. */
  readonly bins?: number;
  /** `width`: bins of equal width over [0, 1]; `count`: bins of equally many rows by rising probability. Default count. */
  readonly by?: "width" | "count";
}

/** How often what was promised came true, per bin of the probability; bins without a row are left out. */
export function reliability(
  truth: ArrayLike<number>,
  probability: ArrayLike<number>,
  options: BinningOptions = {},
): ReliabilityBin[] {
  return binned(truth, probability, options).map(({ rows, sumProbability, sumTruth }) => {
    const meanTruth = sumTruth / rows.length;
    return {
      count: rows.length,
      meanProbability: sumProbability / rows.length,
      meanTruth,
      standardError: Math.sqrt((meanTruth * (1 - meanTruth)) / rows.length),
    };
  });
}

/**
 * Expected calibration error: the mean over rows of |mean probability - share of positives| of the row's bin (Naeini,
 * Cooper and Hauskrecht, AAAI 2015). It cannot be negative, so a small sample of a perfect model does not give 0. The
 * standard error takes bins and their signs as fixed; near 0 it is a lower bound.
 * @param truth n classes 0 or 1. @param probability n probabilities of class 1.
 */
export function calibrationError(
  truth: ArrayLike<number>,
  probability: ArrayLike<number>,
  options: BinningOptions = {},
): Measure {
  const n = requireSameLength(truth, probability);
  if (n === 0) return UNDEFINED;
  let value = 0;
  let squares = 0;
  for (const { rows, sumProbability, sumTruth } of binned(truth, probability, options)) {
    const gap = sumProbability - sumTruth;
    value += Math.abs(gap) / n;
    for (const row of rows) squares += (probability[row]! - truth[row]!) ** 2;
  }
  const variance = Math.max(0, squares / n - value ** 2);
  return { value, standardError: Math.sqrt(variance / n) };
}

interface Bin {
  readonly rows: Uint32Array;
  readonly sumProbability: number;
  readonly sumTruth: number;
}

function binned(truth: ArrayLike<number>, probability: ArrayLike<number>, options: BinningOptions): Bin[] {
  const n = requireSameLength(truth, probability);
  const bins = options.bins ?? 10;
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`A number of bins is 1 or more, not ${bins}.`);
  const order = orderOf(probability);
  const result: Bin[] = [];
  let start = 0;
  for (let bin = 0; bin < bins; bin++) {
    let end = start;
    if (bin === bins - 1) end = n;
    else if (options.by === "width") {
      while (end < n && probability[order[end]!]! < (bin + 1) / bins) end++;
    } else end = Math.floor(((bin + 1) * n) / bins);
    if (end > start) result.push(binOf(order.subarray(start, end), truth, probability));
    start = end;
  }
  return result;
}

function binOf(rows: Uint32Array, truth: ArrayLike<number>, probability: ArrayLike<number>): Bin {
  let sumProbability = 0;
  let sumTruth = 0;
  for (const row of rows) {
    sumProbability += requireProbability(probability[row]!);
    sumTruth += truth[row]!;
  }
  return { rows, sumProbability, sumTruth };
}
