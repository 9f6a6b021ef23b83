import { fitBoosting, gainShares, predictBoosting, type BoostingOptions } from "../boosting/boosting.ts";
import { lengthOf, type FeatureColumn } from "../boosting/features.ts";
import type { Measure } from "../metrics/measure.ts";
import { rocAuc } from "../metrics/ranking.ts";
import { createRandom } from "../random.ts";

export interface DomainOptions {
  /** Parts that take turns at being judged by a model that has not seen them. Default 5. */
  readonly folds?: number;
  /**
   * Null (default): each part is a stretch of neighbouring rows, as NannyML and scikit-learn do, so that rows that are alike
   * because they are near in time do not help. A number: rows are drawn into parts by this seed.
   */
  readonly seed?: number | null;
  readonly boosting?: Omit<BoostingOptions, "loss" | "weight">;
}

export interface DomainResult {
  /** How well rows can be told apart, of rows that no model had seen: 0.5 not at all, 1 entirely. */
  readonly auc: Measure;
  /** Share of the models' gain by column: what gives the rows away. */
  readonly importance: readonly number[];
  /** The chance that a row is of the current ones, by a model that had not seen it: the reference's first. */
  readonly probability: Float64Array;
}

/**
 * Domain classifier: can a model tell current rows from those of the reference? Out-of-fold AUC over stratified folds
 * (Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017; NannyML's domain classifier with a learner of
 * our own). @param reference and @param current f columns each, categories in the same codes.
 */
export function classifyDomain(
  reference: readonly FeatureColumn[],
  current: readonly FeatureColumn[],
  options: DomainOptions = {},
): DomainResult {
  const { folds = 5, seed = null, boosting = {} } = options;
  const before = reference[0] === undefined ? 0 : lengthOf(reference[0]);
  const after = current[0] === undefined ? 0 : lengthOf(current[0]);
  if (before < folds || after < folds) {
    throw new RangeError(`${folds} folds need as many rows on each side; there are ${before} and ${after}.`);
  }
  const columns = joinColumns(reference, current);
  const target = new Uint8Array(before + after).fill(1, before);
  const fold = assignFolds([before, after], folds, seed);
  const probability = new Float64Array(target.length);
  const importance = columns.map(() => 0);
  for (let part = 0; part < folds; part++) {
    const train = rowsWhere(fold, (each) => each !== part);
    const test = rowsWhere(fold, (each) => each === part);
    const labels = Uint8Array.from(train, (row) => target[row]!);
    const model = fitBoosting(pickRows(columns, train), labels, { ...boosting, loss: "logistic" });
    const predicted = predictBoosting(model, pickRows(columns, test));
    for (const [i, row] of test.entries()) probability[row] = predicted[i]!;
    for (const [i, share] of gainShares(model).entries()) importance[i]! += share / folds;
  }
  return { auc: rocAuc(target, probability), importance, probability };
}

/** The fold of each row: every fold has its share of each side. */
function assignFolds(sides: readonly number[], folds: number, seed: number | null): Uint8Array {
  const fold = new Uint8Array(sides.reduce((sum, rows) => sum + rows, 0));
  const random = seed === null ? null : createRandom(seed);
  let start = 0;
  for (const rows of sides) {
    const side = fold.subarray(start, start + rows);
    for (let i = 0; i < rows; i++) side[i] = Math.floor((i * folds) / rows);
    if (random !== null) shuffle(side, random);
    start += rows;
  }
  return fold;
}

function shuffle(values: Uint8Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}

function rowsWhere(fold: Uint8Array, is: (fold: number) => boolean): Uint32Array {
  const rows = new Uint32Array(fold.length);
  let size = 0;
  for (let i = 0; i < fold.length; i++) if (is(fold[i]!)) rows[size++] = i;
  return rows.subarray(0, size);
}

/** Some rows of each column, in the order given. */
export function pickRows(columns: readonly FeatureColumn[], rows: Uint32Array): FeatureColumn[] {
  return columns.map((column) => {
    const source = column.kind === "number" ? column.values : column.codes;
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = source[rows[i]!]!;
    return column.kind === "number" ? { kind: "number", values } : { kind: "category", codes: values };
  });
}

/** The rows of the first, then those of the second. @throws RangeError for columns of different kinds */
export function joinColumns(first: readonly FeatureColumn[], second: readonly FeatureColumn[]): FeatureColumn[] {
  return first.map((column, i) => join(column, second[i]));
}

function join(column: FeatureColumn, other: FeatureColumn | undefined): FeatureColumn {
  if (other?.kind !== column.kind) throw new RangeError("Reference and current rows have different columns.");
  const [first, second] =
    column.kind === "number" && other.kind === "number"
      ? [column.values, other.values]
      : column.kind === "category" && other.kind === "category"
        ? [column.codes, other.codes]
        : [[], []];
  const values = new Float64Array(first.length + second.length);
  values.set(first);
  values.set(second, first.length);
  return column.kind === "number" ? { kind: "number", values } : { kind: "category", codes: values };
}
