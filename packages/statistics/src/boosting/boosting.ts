import { requireSameLength } from "../metrics/measure.ts";
import { applyBins, lengthOf, makeBins, MOST_BINS, sizeOf, type FeatureBins, type FeatureColumn } from "./features.ts";
import { toBinnedRows, type Slopes } from "./histogram.ts";
import { addTree, growTree, HistogramPool, type Tree } from "./tree.ts";

export interface BoostingOptions {
  /** `logistic`: target 0 or 1, the answer is a probability. `squared`: any number. */
  readonly loss: "logistic" | "squared";
  /** Default 100. */
  readonly trees?: number;
  /** Default 0.1. */
  readonly learningRate?: number;
  /** Default 31. */
  readonly maxLeaves?: number;
  /** Fewest rows of a leaf, default 20. */
  readonly minRows?: number;
  /** Added to every sum of hessians, default 0. */
  readonly l2?: number;
  /** Bins of a number, 2 to 255. Default 255. */
  readonly maxBins?: number;
  /** n weights, 0 or more; null: all 1. Rows without weight still count for `minRows`. */
  readonly weight?: ArrayLike<number> | null;
}

/** A trained model, plain JSON. */
export interface BoostingModel {
  readonly format: 1;
  readonly loss: BoostingOptions["loss"];
  /** The score before the first tree. */
  readonly base: number;
  readonly features: readonly FeatureBins[];
  readonly trees: readonly Tree[];
}

/**
 * Gradient boosting of trees on histograms (Friedman, Annals of Statistics 29, 2001; Ke and others, "LightGBM", NeurIPS
 * 2017): missing values take the side that helps more, categories are split into two sets. Defaults as LightGBM and
 * scikit-learn's HistGradientBoosting. The same rows give the same model: nothing is random.
 * @param columns f columns of n rows. @param target n numbers.
 * @throws RangeError for columns of different lengths, no row, or a target that the loss has no use for.
 */
export function fitBoosting(
  columns: readonly FeatureColumn[],
  target: ArrayLike<number>,
  options: BoostingOptions,
): BoostingModel {
  const n = requireRows(columns, target);
  const { loss, trees: count = 100, learningRate = 0.1, maxLeaves = 31, minRows = 20, l2 = 0 } = options;
  const weight = options.weight ?? null;
  if (weight !== null) requireSameLength(target, weight);
  requireTarget(target, loss);
  const features = columns.map((column) => makeBins(column, Math.min(options.maxBins ?? MOST_BINS, MOST_BINS)));
  const binned = toBinnedRows(
    features.map((bins, i) => applyBins(bins, columns[i]!)),
    features.map(sizeOf),
    features.map(({ kind }) => kind === "category"),
  );
  const base = startOf(target, weight, loss);
  const scores = new Float64Array(n).fill(base);
  const slopes: Slopes = { gradient: new Float64Array(n), hessian: new Float64Array(n) };
  const rows = new Uint32Array(n);
  const pool = new HistogramPool(3 * binned.cells);
  const trees: Tree[] = [];
  const rules = { learningRate, maxLeaves, minRows, l2 };
  for (let t = 0; t < count; t++) {
    fillSlopes(slopes, { scores, target, weight, loss });
    for (let i = 0; i < n; i++) rows[i] = i;
    const tree = growTree({ binned, slopes, rows, rules, pool, scores });
    if (tree.feature.length === 1) break;
    trees.push(tree);
  }
  return { format: 1, loss, base, features, trees };
}

/** @param columns as at the training, in the same order. @returns n probabilities (`logistic`) or numbers (`squared`). */
export function predictBoosting(model: BoostingModel, columns: readonly FeatureColumn[]): Float64Array {
  const { features, trees, base, loss } = model;
  if (columns.length !== features.length) {
    throw new RangeError(`The model was trained on ${features.length} columns, not ${columns.length}.`);
  }
  const n = columns[0] === undefined ? 0 : lengthOf(columns[0]);
  const bins = features.map((feature, i) => applyBins(feature, columns[i]!));
  const scores = new Float64Array(n).fill(base);
  const sizes = features.map(sizeOf);
  for (const tree of trees) addTree(tree, bins, { scores, sizes });
  return loss === "logistic" ? scores.map(logistic) : scores;
}

/** Share of the total gain that each feature's splits had; all 0 where there is no split. f numbers. */
export function gainShares({ features, trees }: BoostingModel): number[] {
  const gains = features.map(() => 0);
  for (const { feature, gain } of trees) {
    for (const [node, at] of feature.entries()) if (at >= 0) gains[at]! += gain[node]!;
  }
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return total === 0 ? gains : gains.map((gain) => gain / total);
}

function logistic(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function requireRows(columns: readonly FeatureColumn[], target: ArrayLike<number>): number {
  if (columns.length === 0 || target.length === 0)
    throw new RangeError("A model needs a column and a row to learn from.");
  for (const column of columns) {
    if (lengthOf(column) !== target.length) {
      throw new RangeError(`A column of ${lengthOf(column)} rows does not belong to a target of ${target.length}.`);
    }
  }
  return target.length;
}

function requireTarget(target: ArrayLike<number>, loss: BoostingOptions["loss"]): void {
  for (let i = 0; i < target.length; i++) {
    const value = target[i]!;
    if (loss === "logistic" ? value === 0 || value === 1 : Number.isFinite(value)) continue;
    throw new RangeError(
      `The target of row ${i} is ${value}; ${loss === "logistic" ? "0 or 1" : "a number"} is needed.`,
    );
  }
}

/** The constant that fits best; of one class only it is a score of 10 or -10 and not an infinite one. */
function startOf(target: ArrayLike<number>, weight: ArrayLike<number> | null, loss: BoostingOptions["loss"]): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < target.length; i++) {
    const w = weight === null ? 1 : weight[i]!;
    sum += w * target[i]!;
    total += w;
  }
  const mean = total === 0 ? 0 : sum / total;
  if (loss === "squared") return mean;
  return Math.min(10, Math.max(-10, Math.log(mean / (1 - mean))));
}

function fillSlopes(
  { gradient, hessian }: Slopes,
  at: {
    scores: Float64Array;
    target: ArrayLike<number>;
    weight: ArrayLike<number> | null;
    loss: BoostingOptions["loss"];
  },
): void {
  const { scores, target, weight, loss } = at;
  for (let i = 0; i < scores.length; i++) {
    const w = weight === null ? 1 : weight[i]!;
    if (loss === "squared") {
      gradient[i] = w * (scores[i]! - target[i]!);
      hessian[i] = w;
    } else {
      const p = logistic(scores[i]!);
      gradient[i] = w * (p - target[i]!);
      hessian[i] = w * p * (1 - p);
    }
  }
}
