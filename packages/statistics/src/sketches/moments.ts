/** Count, mean and spread of finite values, in one pass; plain data. */
export interface Moments {
  count: number;
  mean: number;
  /** Sum of squared deviations from the mean. */
  m2: number;
  /** Infinity of no values. */
  min: number;
  /** -Infinity of no values. */
  max: number;
}

export function createMoments(): Moments {
  return { count: 0, mean: 0, m2: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

/** Adds the first `count` values, which are finite: two passes over them, so that nothing cancels. */
export function addToMoments(moments: Moments, values: ArrayLike<number>, count = values.length): void {
  if (count <= 0) return;
  let sum = 0;
  let { min, max } = moments;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / count;
  let m2 = 0;
  for (let i = 0; i < count; i++) {
    const deviation = (values[i] as number) - mean;
    m2 += deviation * deviation;
  }
  combine(moments, { count, mean, m2, min, max });
}

/** Of both together; neither is changed. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const merged = { ...a };
  combine(merged, b);
  return merged;
}

/** With n - 1; NaN of fewer than two values. */
export function varianceOf({ count, m2 }: Moments): number {
  return count < 2 ? Number.NaN : m2 / (count - 1);
}

/** Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979), (2.1). */
function combine(into: Moments, other: Moments): void {
  if (other.count === 0) return;
  const count = into.count + other.count;
  const delta = other.mean - into.mean;
  into.m2 += other.m2 + (delta * delta * into.count * other.count) / count;
  into.mean = into.count === 0 ? other.mean : into.mean + (delta * other.count) / count;
  into.count = count;
  into.min = Math.min(into.min, other.min);
  into.max = Math.max(into.max, other.max);
}
