import {
  addNumberToDistinct,
  addSortedToQuantiles,
  addToMoments,
  copyDistinctSketch,
  copyQuantileSketch,
  createDistinctSketch,
  createMoments,
  createQuantileSketch,
  sortBatch,
} from "@slipway/statistics/sketches";
import { absentNumber } from "./column-batch.ts";
import { binCount, type ColumnPlan } from "./column-plan.ts";
import type { ColumnProfile } from "./profile.ts";

/** Gathers the numbers of one column. */
export interface NumbersAccumulator {
  /** `places`: of the rows in `values`; null: the first `count`. */
  add(values: Float64Array, places: Int32Array | null, count: number): void;
  addInvalid(count: number): void;
  profile(): ColumnProfile;
}

const stretch = 4096;
/** Shared by all: nothing is kept in it between two calls. */
const gathered = new Float64Array(stretch);

export function createNumbersAccumulator(plan: ColumnPlan, from: ColumnProfile | null = null): NumbersAccumulator {
  const { edges, range, role } = plan;
  const [low, high] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const size = binCount(plan);
  const bins = size === null ? null : (from?.bins?.slice() ?? new Float64Array(size));
  let { count, missing, invalid, infinite, outOfRange } = from ?? zeros;
  const moments = { ...(from?.moments ?? createMoments()) };
  const quantiles = copyQuantileSketch(from?.quantiles ?? createQuantileSketch());
  const distinct = copyDistinctSketch(from?.distinct ?? createDistinctSketch());

  /** All that is finite of a stretch, at the front of `gathered`. */
  function gather(values: Float64Array, places: Int32Array | null, range: { from: number; to: number }): number {
    let size = 0;
    for (let i = range.from; i < range.to; i++) {
      const value = values[places === null ? i : (places[i] as number)] as number;
      if (value - value === 0) {
        if (value === absentNumber) continue;
        gathered[size++] = value;
      } else if (value !== value) {
        if (role === "output") invalid++;
        else missing++;
      } else {
        infinite++;
        const at = value < 0 ? 0 : (bins?.length ?? 0) - 1;
        if (bins !== null) bins[at] = (bins[at] as number) + 1;
      }
    }
    return size;
  }

  function take(size: number): void {
    const sorted = gathered.subarray(0, size);
    sortBatch(sorted);
    addToMoments(moments, sorted);
    addSortedToQuantiles(quantiles, sorted);
    if (bins !== null && edges !== null) addToBins(bins, edges, sorted);
    if ((sorted[0] as number) < low || (sorted[size - 1] as number) > high)
      for (const value of sorted) if (value < low || value > high) outOfRange++;
    let last = Number.NaN;
    for (let i = 0; i < size; i++) {
      const value = sorted[i] as number;
      if (value !== last) addNumberToDistinct(distinct, value);
      last = value;
    }
  }

  return {
    add(values, places, rows) {
      for (let at = 0; at < rows; at += stretch) {
        const before = missing + invalid + infinite;
        const size = gather(values, places, { from: at, to: Math.min(rows, at + stretch) });
        count += size + missing + invalid + infinite - before;
        if (size > 0) take(size);
      }
    },
    addInvalid(rows) {
      invalid += rows;
      count += rows;
    },
    profile() {
      const { name, kind } = plan;
      const counts = { count, missing, invalid, infinite, outOfRange, unseen: 0 };
      const copies = {
        moments: { ...moments },
        quantiles: copyQuantileSketch(quantiles),
        distinct: copyDistinctSketch(distinct),
      };
      return { name, role, kind, ...counts, ...copies, bins: bins === null ? null : bins.slice(), frequent: null };
    },
  };
}

const zeros = { count: 0, missing: 0, invalid: 0, infinite: 0, outOfRange: 0 };

/** Of ascending numbers, as `findBin` has it. */
function addToBins(bins: Float64Array, edges: Float64Array, sorted: Float64Array): void {
  const last = edges.length - 1;
  let bin = 0;
  let from = 0;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i] as number;
    if (bin > last || value < (edges[bin] as number) || (bin === last && value === edges[last])) continue;
    bins[bin] = (bins[bin] as number) + i - from;
    from = i;
    while (bin < last && value >= (edges[bin] as number)) bin++;
    if (bin === last && value > (edges[last] as number)) bin++;
  }
  bins[bin] = (bins[bin] as number) + sorted.length - from;
}
