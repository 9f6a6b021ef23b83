/**
 * The statistic that drift is measured with, and what is to be expected of it by chance.
 *
 * A column is a row of cells with shares p (the bins of a number in their order, the categories). With d, the difference of
 * two vectors of shares, the statistic is the quadratic form d'Ad times the size of the samples:
 * - numbers: Anderson-Darling's weights on the bins, sum over the edges of w (F - F0)² / (F0 (1 - F0)), w the mean share of the
 *   two cells at the edge. It sees a moved mean far better than a test of each bin for itself (Anderson, Darling 1954);
 * - categories: Pearson's sum of d² / p.
 * Both divisors are raised by 0.01: a category of one row in a thousand, or a value beyond the last edge, cannot decide alone,
 * and one that the reference does not have at all still counts.
 *
 * Under the null it is a weighted sum of chi-squares, whose first three cumulants follow from the traces of powers of AS,
 * S = diag(p) - pp' (Imhof 1961); `chance` is the part of the variance that a finite sample adds (the fourth moments).
 */
export interface QuadraticForm {
  /** Shares of the cells in the reference; their sum is 1. */
  readonly shares: Float64Array;
  /** Ordered cells (a number) or not (categories). */
  readonly ordered: boolean;
  /** tr(AS), tr((AS)²), tr((AS)³). */
  readonly traces: readonly [number, number, number];
  /** Variance of (e - p)'A(e - p) over the rows of the reference. */
  readonly chance: number;
}

/** What a known difference of shares d adds to the cumulants: d'Ad, d'ASAd, d'ASASAd. */
export type Shift = readonly [number, number, number];

/** Added to divisors. */
const ridge = 0.01;

export function createQuadraticForm(shares: Float64Array, ordered: boolean): QuadraticForm {
  const size = shares.length;
  const product = Array.from({ length: size }, (_, row) => {
    // A row of AS is (Sa)', a a row of the symmetric A.
    const unit = new Float64Array(size);
    unit[row] = 1;
    return multiplyCovariance(shares, multiplyForm(shares, ordered, unit));
  });
  let first = 0;
  let second = 0;
  let third = 0;
  for (let i = 0; i < size; i++) {
    first += product[i]![i]!;
    for (let k = 0; k < size; k++) {
      const forth = product[i]![k]!;
      if (forth === 0) continue;
      second += forth * product[k]![i]!;
      const middle = product[k]!;
      for (let l = 0; l < size; l++) third += forth * middle[l]! * product[l]![i]!;
    }
  }
  return { shares, ordered, traces: [first, second, third], chance: varianceOfRows(shares, ordered) };
}

/** The three numbers of a difference of shares. */
export function toShift(
  { shares, ordered }: Pick<QuadraticForm, "shares" | "ordered">,
  difference: Float64Array,
): Shift {
  const formed = multiplyForm(shares, ordered, difference);
  const spread = multiplyCovariance(shares, formed);
  return [dot(difference, formed), dot(formed, spread), dot(spread, multiplyForm(shares, ordered, spread))];
}

/** A v. */
function multiplyForm(shares: Float64Array, ordered: boolean, vector: Float64Array): Float64Array {
  if (!ordered) return vector.map((value, cell) => value / (shares[cell]! + ridge));
  const last = shares.length - 1;
  const atEdges = new Float64Array(last);
  let below = 0;
  let moved = 0;
  for (let edge = 0; edge < last; edge++) {
    below += shares[edge]!;
    moved += vector[edge]!;
    const weight = (shares[edge]! + shares[edge + 1]!) / 2;
    atEdges[edge] = (moved * weight) / (below * (1 - below) + ridge);
  }
  // Cell i is below the edges i, i + 1, ...
  const result = new Float64Array(shares.length);
  for (let cell = last - 1; cell >= 0; cell--) result[cell] = result[cell + 1]! + atEdges[cell]!;
  return result;
}

/** S v, S = diag(p) - pp'. */
function multiplyCovariance(shares: Float64Array, vector: Float64Array): Float64Array {
  const mean = dot(shares, vector);
  return vector.map((value, cell) => shares[cell]! * (value - mean));
}

function varianceOfRows(shares: Float64Array, ordered: boolean): number {
  let mean = 0;
  let square = 0;
  for (let cell = 0; cell < shares.length; cell++) {
    const share = shares[cell]!;
    if (share === 0) continue;
    const row = shares.map((value) => -value);
    row[cell] = 1 - share;
    const value = dot(row, multiplyForm(shares, ordered, row));
    mean += share * value;
    square += share * value * value;
  }
  return Math.max(0, square - mean * mean);
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
