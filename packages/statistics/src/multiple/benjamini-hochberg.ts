/**
 * p adjusted for their number, so that p <= q picks a set with an expected share of at most q false ones: Y. Benjamini and
 * Y. Hochberg (1995), valid for independent and positively dependent tests (scipy.stats.false_discovery_control). In the order
 * of the input; NaN (no test) stays NaN and counts for nothing.
 */
export function benjaminiHochberg(ps: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const order = Array.from(ps, (p, i) => ({ p, i }))
    .filter(({ p }) => !Number.isNaN(p))
    .sort((a, b) => b.p - a.p);
  const adjusted = new Float64Array(ps.length).fill(Number.NaN);
  let least = 1;
  order.forEach(({ p, i }, place) => {
    least = Math.min(least, (p * order.length) / (order.length - place));
    adjusted[i] = least;
  });
  return adjusted;
}
