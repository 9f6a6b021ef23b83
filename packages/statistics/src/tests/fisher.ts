import { stirlingError } from "../distributions/gamma.ts";

/** The counts [[a, b], [c, d]]: a row a sample, a column a level. */
export type Table2x2 = readonly [a: number, b: number, c: number, d: number];

/**
 * Fisher's exact test of a 2 x 2 table, two-sided: the probability of all tables with these margins that are not more
 * probable than this one (scipy.stats.fisher_exact).
 * @throws RangeError where a count is negative or no integer
 */
export function fisherExact([a, b, c, d]: Table2x2): number {
  if (![a, b, c, d].every((count) => Number.isSafeInteger(count) && count >= 0))
    throw new RangeError(`Fisher's exact test takes counts, not ${[a, b, c, d].join(", ")}.`);
  const rowSum = a + b;
  const columnSum = a + c;
  const all = rowSum + c + d;
  if (rowSum === 0 || columnSum === 0 || rowSum === all || columnSum === all) return 1;
  const low = Math.max(0, rowSum + columnSum - all);
  const high = Math.min(rowSum, columnSum);
  const logP = (k: number) => logChoose(columnSum, k) + logChoose(all - columnSum, rowSum - k) - logChoose(all, rowSum);
  // SciPy's tolerance: 1e-14 relative; ours holds what logarithms of large counts lose.
  const bound = logP(a) + 1e-9;
  let p = 0;
  for (let k = low; k <= high; k++) {
    const log = logP(k);
    if (log <= bound) p += Math.exp(log);
  }
  return Math.min(1, p);
}

function logChoose(n: number, k: number): number {
  if (k === 0 || k === n) return 0;
  const rest = n - k;
  return (
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(rest) +
    0.5 * Math.log(n / (2 * Math.PI * k * rest)) -
    k * Math.log(k / n) -
    rest * Math.log(rest / n)
  );
}
