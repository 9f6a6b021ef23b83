/** What stands at each place after one shuffle of 0 .. n - 1. */
export type Permute = (n: number) => Int32Array;

export function createPermute(random: () => number): Permute {
  return (n) => {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const value = order[i]!;
      order[i] = order[j]!;
      order[j] = value;
    }
    return order;
  };
}

export interface PermutationOptions {
  readonly iterations: number;
  readonly permute: Permute;
  /**
   * How many of the permutations reach the observed value, as a share. honest (default): (b + 1) / (iterations + 1), a valid
   * p that is never 0 (B. Phipson and G. K. Smyth, 2010). share: b / iterations.
   */
  readonly count?: "honest" | "share";
}

/**
 * The p of a distance between two samples of levels by shuffling who is in which.
 * @param a @param b levels as integers 0 .. k - 1
 * @param distance of two arrays of k counts
 */
export function permutationOfCounts(
  { a, b }: { readonly a: ArrayLike<number>; readonly b: ArrayLike<number> },
  distance: (a: Float64Array, b: Float64Array) => number,
  { iterations, permute, count = "honest" }: PermutationOptions,
): { statistic: number; p: number } {
  const pooled = Int32Array.from({ length: a.length + b.length }, (_, i) => (i < a.length ? a[i]! : b[i - a.length]!));
  const levels = pooled.reduce((most, level) => Math.max(most, level), -1) + 1;
  const countUp = (places: (i: number) => number) => {
    const counts = [new Float64Array(levels), new Float64Array(levels)] as const;
    for (let i = 0; i < pooled.length; i++) counts[i < a.length ? 0 : 1][pooled[places(i)]!]!++;
    return counts;
  };
  const statistic = distance(...countUp((i) => i));
  let reached = 0;
  for (let i = 0; i < iterations; i++) {
    const order = permute(pooled.length);
    if (distance(...countUp((place) => order[place]!)) >= statistic) reached++;
  }
  return { statistic, p: count === "share" ? reached / iterations : (reached + 1) / (iterations + 1) };
}
