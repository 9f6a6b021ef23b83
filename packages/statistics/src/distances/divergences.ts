import { requireSameLevels, total } from "../tests/contingency.ts";

/*
 * Distances of two distributions over the same bins or levels. All take counts or shares, which need not add up to 1, in the
 * same order; a sample without any count is a RangeError.
 */

function toShares(a: ArrayLike<number>, b: ArrayLike<number>): readonly [Float64Array, Float64Array] {
  requireSameLevels(a, b);
  const [n, m] = [total(a), total(b)];
  if (!(n > 0) || !(m > 0))
    throw new RangeError("A distribution has no counts. Two of at least one value are compared.");
  return [Float64Array.from(a, (count) => count / n), Float64Array.from(b, (count) => count / m)];
}

/**
 * Jensen and Shannon's distance, the root of their divergence (scipy.spatial.distance.jensenshannon).
 * @param base of the logarithm: e gives 0 to √ln 2 = 0.83, 2 gives 0 to 1
 */
export function jensenShannon(a: ArrayLike<number>, b: ArrayLike<number>, base = Math.E): number {
  const [p, q] = toShares(a, b);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    sum += relativeEntropy(p[i]!, middle) + relativeEntropy(q[i]!, middle);
  }
  return Math.sqrt(Math.max(0, sum) / 2 / (base === Math.E ? 1 : Math.log(base)));
}

function relativeEntropy(p: number, q: number): number {
  if (p === 0) return 0;
  return q === 0 ? Number.POSITIVE_INFINITY : p * Math.log(p / q);
}

/** Kullback and Leibler's divergence of a from b in nats (scipy.stats.entropy); Infinity where b lacks what a has. */
export function kullbackLeibler(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = toShares(a, b);
  return p.reduce((sum, share, i) => sum + relativeEntropy(share, q[i]!), 0);
}

/**
 * The population stability index, the sum of (p - q) ln(p / q) (S. Lewis, 1994); Infinity where a bin is empty on one side
 * alone, unless `pseudo` is given.
 * @param pseudo added to each count before shares are taken (1/2 keeps the index finite)
 */
export function populationStability(a: ArrayLike<number>, b: ArrayLike<number>, pseudo = 0): number {
  const smooth = (counts: ArrayLike<number>) => Float64Array.from(counts, (count) => count + pseudo);
  const [p, q] = toShares(smooth(a), smooth(b));
  return p.reduce((sum, share, i) => sum + relativeEntropy(share, q[i]!) + relativeEntropy(q[i]!, share), 0);
}

/** Hellinger's distance √(1 - Σ√(p q)), 0 to 1. */
export function hellinger(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = toShares(a, b);
  // √(½ Σ(√p - √q)²) is the same and keeps the digits of small distances.
  return Math.sqrt(p.reduce((sum, share, i) => sum + (Math.sqrt(share) - Math.sqrt(q[i]!)) ** 2, 0) / 2);
}

/** Total variation: half the sum of |p - q|, the largest difference of any set of levels; 0 to 1. */
export function totalVariation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = toShares(a, b);
  return p.reduce((sum, share, i) => sum + Math.abs(share - q[i]!), 0) / 2;
}

/** The largest difference of one level's shares, 0 to 1 (TensorFlow Data Validation's distance of categories). */
export function maximumDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = toShares(a, b);
  return p.reduce((most, share, i) => Math.max(most, Math.abs(share - q[i]!)), 0);
}
