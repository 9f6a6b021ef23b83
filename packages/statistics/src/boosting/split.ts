import type { BinnedRows, Histogram } from "./histogram.ts";

export interface SplitRules {
  /** Fewest rows of a leaf. */
  readonly minRows: number;
  /** Added to every sum of hessians. */
  readonly l2: number;
}

export interface Sums {
  gradient: number;
  hessian: number;
  count: number;
}

export interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Of a number: bins up to this one go left. */
  readonly bin: number;
  /** Of a category: the bins that go left. */
  readonly categories: readonly number[] | null;
  readonly missingLeft: boolean;
  readonly left: Readonly<Sums>;
  readonly right: Readonly<Sums>;
}

const LEAST_HESSIAN = 1e-3;
/** A category with fewer rows in the node is not told apart: it goes with the missing values (as scikit-learn). */
const LEAST_CATEGORY_ROWS = 10;
/** Pulls the means of small categories together before they are ordered (as LightGBM's cat_smooth). */
const CATEGORY_SMOOTHING = 10;

/** The best split of a node over all features, by the second-order gain (Friedman 2001; Chen and Guestrin 2016); or null. */
export function bestSplit(histogram: Histogram, binned: BinnedRows, rules: SplitRules & { total: Sums }): Split | null {
  let best: Split | null = null;
  for (const [feature, size] of binned.sizes.entries()) {
    const cells = histogram.subarray(3 * binned.offsets[feature]!, 3 * (binned.offsets[feature]! + size + 1));
    const order = binned.isCategory[feature] === true ? categoryOrder(cells, size) : null;
    const found = scanFeature(cells, { ...rules, feature, size, order }, best?.gain ?? 0);
    if (found !== null) best = found;
  }
  return best;
}

interface Scan extends SplitRules {
  readonly total: Sums;
  readonly feature: number;
  readonly size: number;
  /** Bins in the order they are tried; null: as they are. */
  readonly order: readonly number[] | null;
}

/** The feature's best split whose gain is above `floor`: every cut of the ordered bins, missing values on either side. */
function scanFeature(cells: Histogram, scan: Scan, floor: number): Split | null {
  const { total, size, order, feature, minRows, l2 } = scan;
  const steps = order?.length ?? size;
  const apart = order === null ? sumsAt(cells, size) : leftOver(cells, order, total);
  const parent = total.gradient ** 2 / (total.hessian + l2);
  let best: { gain: number; step: number; missingLeft: boolean; left: Sums } | null = null;
  for (const missingLeft of apart.count > 0 ? [false, true] : [false]) {
    let gradient = missingLeft ? apart.gradient : 0;
    let hessian = missingLeft ? apart.hessian : 0;
    let count = missingLeft ? apart.count : 0;
    // With the missing values alone on the right, the last step is a split too.
    const last = missingLeft || apart.count === 0 ? steps - 1 : steps;
    for (let step = 0; step < last; step++) {
      const cell = 3 * (order === null ? step : order[step]!);
      if (cells[cell + 2] === 0) continue;
      gradient += cells[cell]!;
      hessian += cells[cell + 1]!;
      count += cells[cell + 2]!;
      if (count < minRows || hessian < LEAST_HESSIAN) continue;
      const rest = total.hessian - hessian;
      if (total.count - count < minRows || rest < LEAST_HESSIAN) break;
      const gain = gradient ** 2 / (hessian + l2) + (total.gradient - gradient) ** 2 / (rest + l2) - parent;
      if (gain > (best?.gain ?? floor) + 1e-12) best = { gain, step, missingLeft, left: { gradient, hessian, count } };
    }
  }
  if (best === null) return null;
  const { gain, step, missingLeft, left } = best;
  const right = {
    gradient: total.gradient - left.gradient,
    hessian: total.hessian - left.hessian,
    count: total.count - left.count,
  };
  const categories = order === null ? null : leftCategories({ order, size, step, missingLeft });
  return { gain, feature, bin: step, categories, missingLeft, left, right };
}

/** Bins outside of the order are on the side of the missing values. */
function leftCategories(cut: { order: readonly number[]; size: number; step: number; missingLeft: boolean }): number[] {
  const { order, size, step, missingLeft } = cut;
  if (!missingLeft) return order.slice(0, step + 1);
  const right = new Set(order.slice(step + 1));
  return Array.from({ length: size }, (_, bin) => bin).filter((bin) => !right.has(bin));
}

function sumsAt(cells: Histogram, bin: number): Sums {
  return { gradient: cells[3 * bin]!, hessian: cells[3 * bin + 1]!, count: cells[3 * bin + 2]! };
}

/** Categories with enough rows, by the smoothed mean gradient: for these losses the best partition is a cut of this order. */
function categoryOrder(cells: Histogram, size: number): number[] {
  const kept: { bin: number; mean: number }[] = [];
  for (let bin = 0; bin < size; bin++) {
    const { gradient, hessian, count } = sumsAt(cells, bin);
    if (count >= LEAST_CATEGORY_ROWS) kept.push({ bin, mean: gradient / (hessian + CATEGORY_SMOOTHING) });
  }
  return kept.toSorted((a, b) => a.mean - b.mean || a.bin - b.bin).map(({ bin }) => bin);
}

/** What is in no bin of the order: missing values and rare categories. */
function leftOver(cells: Histogram, order: readonly number[], total: Sums): Sums {
  const rest = { ...total };
  for (const bin of order) {
    rest.gradient -= cells[3 * bin]!;
    rest.hessian -= cells[3 * bin + 1]!;
    rest.count -= cells[3 * bin + 2]!;
  }
  return rest;
}
