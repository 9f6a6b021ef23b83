import { lengthOf, type FeatureColumn } from "../boosting/features.ts";
import { symmetricEigen } from "./eigen.ts";

/** How one column becomes a standardised number. */
type Coding = { readonly mean: number; readonly scale: number } & (
  | { readonly kind: "number"; readonly fill: number }
  /** A category is its share of the reference; one that was not seen is 0. */
  | { readonly kind: "category"; readonly fill: number; readonly shares: readonly (readonly [number, number])[] }
);

/** Plain JSON. */
export interface ReconstructionModel {
  readonly format: 1;
  readonly codings: readonly Coding[];
  /** Mean of each standardised column, which the components are about. */
  readonly centre: readonly number[];
  /** Orthogonal unit vectors, most variance first. */
  readonly components: readonly (readonly number[])[];
}

/**
 * Principal components that hold a share of the variance of a reference, to tell by the error of going there and back
 * whether later rows still hang together as it did: NannyML's data reconstruction (missing and infinite numbers become the mean,
 * missing categories the most frequent, categories their share, all standardised).
 * @param columns f columns of n rows. @param share of the variance, in (0, 1); default 0.65.
 */
export function fitReconstruction(columns: readonly FeatureColumn[], share = 0.65): ReconstructionModel {
  const n = columns[0] === undefined ? 0 : lengthOf(columns[0]);
  if (n === 0) throw new RangeError("A reconstruction needs a column and a row to learn from.");
  const codings = columns.map(codingOf);
  const coded = columns.map((column, i) => encode(codings[i]!, column));
  const centre = coded.map((values) => values.reduce((sum, value) => sum + value, 0) / n);
  const covariance = coded.map((_, i) =>
    Float64Array.from(coded, (_other, j) => (j > i ? 0 : dot(coded[i]!, coded[j]!) / n - centre[i]! * centre[j]!)),
  );
  for (const [i, row] of covariance.entries()) for (let j = i + 1; j < row.length; j++) row[j] = covariance[j]![i]!;
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let held = 0;
  let kept = 0;
  while (kept < values.length && held <= share * total) held += Math.max(0, values[kept++]!);
  return { format: 1, codings, centre, components: vectors.slice(0, kept).map((vector) => [...vector]) };
}

/** The distance of each row from its reconstruction, in standard deviations of the reference. n numbers. */
export function reconstructionErrors(model: ReconstructionModel, columns: readonly FeatureColumn[]): Float64Array {
  const { codings, centre, components } = model;
  if (columns.length !== codings.length) {
    throw new RangeError(`The model was made from ${codings.length} columns, not ${columns.length}.`);
  }
  const coded = columns.map((column, i) => encode(codings[i]!, column));
  const n = coded[0]?.length ?? 0;
  const errors = new Float64Array(n);
  const row = new Float64Array(coded.length);
  for (let at = 0; at < n; at++) {
    for (let i = 0; i < row.length; i++) row[i] = coded[i]![at]! - centre[i]!;
    // What the components do not hold is what is left of the squared length.
    let squares = dot(row, row);
    for (const component of components) squares -= dot(row, component) ** 2;
    errors[at] = Math.sqrt(Math.max(0, squares));
  }
  return errors;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function codingOf(column: FeatureColumn): Coding {
  const plain: Coding =
    column.kind === "number"
      ? { kind: "number", fill: meanOf(column.values), mean: 0, scale: 1 }
      : { kind: "category", ...sharesOf(column.codes), mean: 0, scale: 1 };
  const values = encode(plain, column);
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // A constant column has no spread beyond rounding: it is left as it is.
  const isConstant = variance <= 1e-24 * (1 + mean ** 2);
  return { ...plain, mean, scale: isConstant ? 1 : Math.sqrt(variance) };
}

function encode(coding: Coding, column: FeatureColumn): Float64Array {
  if (coding.kind === "number" && column.kind === "number") {
    return Float64Array.from(column.values, (value) => {
      return ((Number.isFinite(value) ? value : coding.fill) - coding.mean) / coding.scale;
    });
  }
  if (coding.kind === "category" && column.kind === "category") {
    const shares = new Map(coding.shares);
    return Float64Array.from(column.codes, (code) => {
      return ((shares.get(code < 0 ? coding.fill : code) ?? 0) - coding.mean) / coding.scale;
    });
  }
  throw new RangeError(`A column of kind ${column.kind} was given where the model was made from a ${coding.kind}.`);
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    sum += values[i]!;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** Shares after missing values became the most frequent category (the lowest code of equals). */
function sharesOf(codes: ArrayLike<number>): { fill: number; shares: [number, number][] } {
  const counts = new Map<number, number>();
  let missing = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! < 0) missing++;
    else counts.set(codes[i]!, (counts.get(codes[i]!) ?? 0) + 1);
  }
  const ranked = [...counts].toSorted(([a, m], [b, n]) => n - m || a - b);
  const fill = ranked[0]?.[0] ?? 0;
  counts.set(fill, (counts.get(fill) ?? 0) + missing);
  return { fill, shares: [...counts].map(([code, count]) => [code, count / codes.length]) };
}
