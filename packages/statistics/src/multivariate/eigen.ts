/** Eigenvalues, largest first, and the unit eigenvectors that belong to them. */
export interface Eigen {
  readonly values: Float64Array;
  /** `vectors[i]` belongs to `values[i]`. */
  readonly vectors: readonly Float64Array[];
}

const MOST_SWEEPS = 60;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to three diagonals, then QL with
 * implicit shifts (EISPACK's tred2 and tql2; Bowdler, Martin, Reinsch and Wilkinson, Numerische Mathematik 11, 1968).
 * About 3 f^3 multiplications.
 * @param matrix f rows of f numbers. @throws RangeError when it does not converge (a NaN in it, say).
 */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  // Held by columns, so that the inner loops run along memory.
  const v = matrix.map((row) => Float64Array.from(row));
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  if (n === 0) return { values: d, vectors: [] };
  reduce(v, d, e);
  accumulate(v, d, e);
  diagonalise(v, d, e);
  const order = Array.from(d.keys()).toSorted((a, b) => d[b]! - d[a]!);
  return {
    values: Float64Array.from(order, (i) => d[i]!),
    vectors: order.map((i) => v[i]!),
  };
}

/** Householder transformations from the last row up; v keeps their vectors (by columns), d and e the diagonals. */
function reduce(v: readonly Float64Array[], d: Float64Array, e: Float64Array): void {
  const n = d.length;
  d.set(v[n - 1]!);
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) {
        d[j] = v[j]![i - 1]!;
        v[j]![i] = 0;
        v[i]![j] = 0;
      }
      d[i] = 0;
      continue;
    }
    let h = 0;
    for (let k = 0; k < i; k++) {
      d[k]! /= scale;
      h += d[k]! ** 2;
    }
    const f = d[i - 1]!;
    const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
    e[i] = scale * g;
    h -= f * g;
    d[i - 1] = f - g;
    transform(v, { d, e, i, h });
    d[i] = h;
  }
}

/** Applies one Householder transformation from both sides to the rows above row i. */
function transform(
  v: readonly Float64Array[],
  { d, e, i, h }: { d: Float64Array; e: Float64Array; i: number; h: number },
): void {
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const f = d[j]!;
    v[i]![j] = f;
    let g = e[j]! + v[j]![j]! * f;
    for (let k = j + 1; k < i; k++) {
      g += v[j]![k]! * d[k]!;
      e[k]! += v[j]![k]! * f;
    }
    e[j] = g;
  }
  let f = 0;
  for (let j = 0; j < i; j++) {
    e[j]! /= h;
    f += e[j]! * d[j]!;
  }
  const hh = f / (h + h);
  for (let j = 0; j < i; j++) e[j]! -= hh * d[j]!;
  for (let j = 0; j < i; j++) {
    const [left, right] = [d[j]!, e[j]!];
    for (let k = j; k < i; k++) v[j]![k]! -= left * e[k]! + right * d[k]!;
    d[j] = v[j]![i - 1]!;
    v[j]![i] = 0;
  }
}

/** Multiplies the transformations out into v. */
function accumulate(v: readonly Float64Array[], d: Float64Array, e: Float64Array): void {
  const n = d.length;
  for (let i = 0; i < n - 1; i++) {
    v[i]![n - 1] = v[i]![i]!;
    v[i]![i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[i + 1]![k]! / h;
      const next = v[i + 1]!;
      for (let j = 0; j <= i; j++) {
        const column = v[j]!;
        let g = 0;
        for (let k = 0; k <= i; k++) g += next[k]! * column[k]!;
        for (let k = 0; k <= i; k++) column[k]! -= g * d[k]!;
      }
    }
    for (let k = 0; k <= i; k++) v[i + 1]![k] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[j]![n - 1]!;
    v[j]![n - 1] = 0;
  }
  v[n - 1]![n - 1] = 1;
  e[0] = 0;
}

function diagonalise(v: readonly Float64Array[], d: Float64Array, e: Float64Array): void {
  const n = d.length;
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let f = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * largest) m++;
    for (let sweep = 0; sweep < (m > l ? MOST_SWEEPS : 0); sweep++) {
      f += shiftedStep(v, { d, e, l, m });
      if (Math.abs(e[l]!) <= Number.EPSILON * largest) break;
    }
    if (!Number.isFinite(d[l]!)) {
      throw new RangeError("The eigenvalues of this matrix cannot be found: it holds what is not a finite number.");
    }
    d[l]! += f;
    e[l] = 0;
  }
}

/** One implicit QL step on rows l to m; returns the shift. */
function shiftedStep(
  v: readonly Float64Array[],
  { d, e, l, m }: { d: Float64Array; e: Float64Array; l: number; m: number },
): number {
  const start = d[l]!;
  let p = (d[l + 1]! - start) / (2 * e[l]!);
  let r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l]! / (p + r);
  d[l + 1] = e[l]! * (p + r);
  const after = d[l + 1]!;
  const shift = start - d[l];
  for (let i = l + 2; i < d.length; i++) d[i]! -= shift;
  p = d[m]!;
  let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0];
  const second = e[l + 1]!;
  for (let i = m - 1; i >= l; i--) {
    [c3, c2, s2] = [c2, c, s];
    const g = c * e[i]!;
    const h = c * p;
    r = Math.hypot(p, e[i]!);
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]!);
    rotate(v[i]!, v[i + 1]!, { c, s });
  }
  p = (-s * s2 * c3 * second * e[l]!) / after;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

function rotate(one: Float64Array, other: Float64Array, { c, s }: { c: number; s: number }): void {
  for (let k = 0; k < one.length; k++) {
    const kept = other[k]!;
    other[k] = s * one[k]! + c * kept;
    one[k] = c * one[k]! - s * kept;
  }
}
