import {
  fillHistogram,
  subtractHistogram,
  type BinnedRows,
  type Histogram,
  type RowRange,
  type Slopes,
} from "./histogram.ts";
import { bestSplit, type Split, type SplitRules, type Sums } from "./split.ts";

/** A tree over bins as parallel lists, plain JSON; node 0 is the root. */
export interface Tree {
  /** -1 for a leaf. */
  readonly feature: number[];
  readonly bin: number[];
  /** The bins that go left, of a category. */
  readonly categories: (readonly number[] | null)[];
  readonly missingLeft: boolean[];
  readonly left: number[];
  readonly right: number[];
  /** Of a leaf. */
  readonly value: number[];
  /** How much the split lowers the loss; 0 of a leaf. */
  readonly gain: number[];
}

interface TreeRules extends SplitRules {
  readonly maxLeaves: number;
  readonly learningRate: number;
}

interface OpenLeaf {
  readonly node: number;
  readonly range: RowRange;
  readonly total: Sums;
  /** Null where there is no split. */
  readonly histogram: Histogram | null;
  readonly split: Split | null;
}

/** Keeps the histograms of closed nodes for the next ones. */
export class HistogramPool {
  readonly #free: Histogram[] = [];
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  take(): Histogram {
    return this.#free.pop() ?? new Float64Array(this.#length);
  }

  give(histogram: Histogram): void {
    this.#free.push(histogram);
  }
}

export interface GrowInput {
  readonly binned: BinnedRows;
  readonly slopes: Slopes;
  /** All rows; permuted in place. */
  readonly rows: Uint32Array;
  readonly rules: TreeRules;
  readonly pool: HistogramPool;
  /** The scores of the rows: each leaf adds its value. */
  readonly scores: Float64Array;
}

/** Grows one tree best split first (as LightGBM), adds its leaves to the scores and returns it. */
export function growTree(input: GrowInput): Tree {
  const { binned, slopes, rows, rules, pool, scores } = input;
  const tree: Tree = {
    feature: [],
    bin: [],
    categories: [],
    missingLeft: [],
    left: [],
    right: [],
    value: [],
    gain: [],
  };
  const whole = { rows, start: 0, end: rows.length };
  const histogram = pool.take();
  fillHistogram(histogram, binned, { ...whole, slopes });
  const total = totalOf(slopes);
  const split = bestSplit(histogram, binned, { ...rules, total });
  const open: OpenLeaf[] = [{ node: addNode(tree), range: whole, total, histogram, split }];
  const scratch = new Uint32Array(rows.length);
  while (open.length < rules.maxLeaves) {
    const next = takeBest(open);
    if (next === null) break;
    const isLast = open.length + 2 === rules.maxLeaves;
    open.push(...splitLeaf(next, tree, { ...input, scratch, isLast }));
  }
  for (const { node, range, total, histogram } of open) {
    const value = (-rules.learningRate * total.gradient) / (total.hessian + rules.l2);
    tree.value[node] = Number.isFinite(value) ? value : 0;
    for (let i = range.start; i < range.end; i++) scores[rows[i]!]! += tree.value[node];
    if (histogram !== null) pool.give(histogram);
  }
  return tree;
}

function totalOf({ gradient, hessian }: Slopes): Sums {
  const total = { gradient: 0, hessian: 0, count: gradient.length };
  for (let i = 0; i < gradient.length; i++) {
    total.gradient += gradient[i]!;
    total.hessian += hessian[i]!;
  }
  return total;
}

function addNode(tree: Tree): number {
  tree.feature.push(-1);
  tree.bin.push(0);
  tree.categories.push(null);
  tree.missingLeft.push(false);
  tree.left.push(-1);
  tree.right.push(-1);
  tree.value.push(0);
  tree.gain.push(0);
  return tree.feature.length - 1;
}

type SplittableLeaf = OpenLeaf & { readonly histogram: Histogram; readonly split: Split };

function takeBest(open: OpenLeaf[]): SplittableLeaf | null {
  let best = -1;
  let gain = 0;
  for (const [place, { split }] of open.entries()) {
    if (split !== null && split.gain > gain) {
      best = place;
      gain = split.gain;
    }
  }
  const [leaf] = best < 0 ? [] : open.splice(best, 1);
  if (leaf === undefined || leaf.split === null || leaf.histogram === null) return null;
  return { ...leaf, split: leaf.split, histogram: leaf.histogram };
}

function splitLeaf(
  leaf: SplittableLeaf,
  tree: Tree,
  { binned, slopes, rules, pool, scratch, isLast }: GrowInput & { scratch: Uint32Array; isLast: boolean },
): OpenLeaf[] {
  const { split, node, range } = leaf;
  const [left, right] = [addNode(tree), addNode(tree)];
  tree.feature[node] = split.feature;
  tree.bin[node] = split.bin;
  tree.categories[node] = split.categories;
  tree.missingLeft[node] = split.missingLeft;
  tree.left[node] = left;
  tree.right[node] = right;
  tree.gain[node] = split.gain;
  const middle = partition(range, {
    column: binned.bins[split.feature]!,
    goesLeft: leftBins(split, binned.sizes[split.feature]!),
    scratch,
  });
  const ranges = [
    { ...range, end: middle },
    { ...range, start: middle },
  ] as const;
  const children = [split.left, split.right].map((total, side) => {
    return { node: side === 0 ? left : right, range: ranges[side]!, total };
  });
  if (isLast || children.every(({ total }) => total.count < 2 * rules.minRows)) {
    pool.give(leaf.histogram);
    return children.map((child) => ({ ...child, histogram: null, split: null }));
  }
  const smaller = middle - range.start <= range.end - middle ? 0 : 1;
  const filled = pool.take();
  fillHistogram(filled, binned, { ...ranges[smaller], slopes });
  subtractHistogram(leaf.histogram, filled);
  return children.map((child, side): OpenLeaf => {
    const histogram = side === smaller ? filled : leaf.histogram;
    const { total } = child;
    const next = total.count < 2 * rules.minRows ? null : bestSplit(histogram, binned, { ...rules, total });
    return { ...child, histogram, split: next };
  });
}

/** For each bin of the split's feature, the one for missing values (after the others) included, whether it goes left. */
function leftBins({ bin, categories, missingLeft }: SplitSides, size: number): Uint8Array {
  const goesLeft = new Uint8Array(size + 1);
  if (categories === null) goesLeft.fill(1, 0, bin + 1);
  else for (const each of categories) goesLeft[each] = 1;
  goesLeft[size] = Number(missingLeft);
  return goesLeft;
}

type SplitSides = Pick<Split, "bin" | "categories" | "missingLeft">;

/** Puts the rows that go left first, each side in its order; returns where the right side starts. */
function partition(
  { rows, start, end }: RowRange,
  { column, goesLeft, scratch }: { column: Uint8Array; goesLeft: Uint8Array; scratch: Uint32Array },
): number {
  let left = start;
  let right = 0;
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    if (goesLeft[column[row]!] === 1) rows[left++] = row;
    else scratch[right++] = row;
  }
  rows.set(scratch.subarray(0, right), left);
  return left;
}

/** Adds the tree's values to the scores of binned rows. @param into.sizes bins of values per feature. */
export function addTree(
  tree: Tree,
  bins: readonly Uint8Array[],
  into: { readonly scores: Float64Array; readonly sizes: readonly number[] },
): void {
  const sides = tree.feature.map((feature, node) => {
    const [bin, categories, missingLeft] = [tree.bin[node]!, tree.categories[node] ?? null, tree.missingLeft[node]!];
    return feature < 0 ? null : leftBins({ bin, categories, missingLeft }, into.sizes[feature]!);
  });
  const columns = tree.feature.map((feature) => (feature < 0 ? null : bins[feature]!));
  for (let row = 0; row < into.scores.length; row++) {
    let node = 0;
    for (let column = columns[0]!; column !== null; column = columns[node]!) {
      node = sides[node]![column[row]!] === 1 ? tree.left[node]! : tree.right[node]!;
    }
    into.scores[row]! += tree.value[node]!;
  }
}
