import { logGamma, stirlingError } from "./gamma.ts";

/** ln B(a, b), a > 0, b > 0. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 30) return logGamma(a) + logGamma(b) - logGamma(a + b);
  // ln Γ(large) - ln Γ(small + large) by Stirling, without the difference of large numbers.
  const sum = small + large;
  const ratio =
    (large - 0.5) * -Math.log1p(small / large) -
    small * Math.log(sum) +
    small +
    stirlingError(large) -
    stirlingError(sum);
  return logGamma(small) + ratio;
}

/** The regularised incomplete beta function I_x(a, b), x in [0, 1]: Lentz's continued fraction (DLMF 8.17.22). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (Number.isNaN(x) || !(a > 0) || !(b > 0)) return Number.NaN;
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  return front * betaFraction(x, a, b);
}

function betaFraction(x: number, a: number, b: number): number {
  const orTiny = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / orTiny(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / orTiny(1 + even * d);
    c = orTiny(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / orTiny(1 + odd * d);
    c = orTiny(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return h;
}

/** P(|T| >= |t|) of Student's distribution with `df` > 0 degrees of freedom. */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t)) return Number.NaN;
  const square = t * t;
  if (square === Number.POSITIVE_INFINITY) return 0;
  const x = df / (df + square);
  const a = df / 2;
  if (x > (a + 1) / (a + 2.5)) return 1 - incompleteBeta(square / (df + square), 0.5, a);
  // x^a as exp(-a ln(1 + t²/df)): x itself loses the digits of a small t²/df.
  const front = Math.exp(-a * Math.log1p(square / df) + 0.5 * Math.log(square / (df + square)) - logBeta(a, 0.5)) / a;
  return front * betaFraction(x, a, 0.5);
}
