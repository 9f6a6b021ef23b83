const HALF_LOG_TWO_PI = 0.9189385332046727;

// Lanczos' approximation with g = 7, n = 9 (P. Godfrey's coefficients): 15 digits for x > 0.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x), x > 0. Stirling's series from 15 on, Lanczos' approximation below. */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (x === 1 || x === 2) return 0;
  if (x >= 15) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingTail(x);
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i);
  const t = z + 7.5;
  return HALF_LOG_TWO_PI + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * What Stirling's formula leaves over, ln Γ(x + 1) - ((x + 1/2) ln x - x + ln(2π)/2), for x > 0: small numbers in place of
 * differences of large ones (C. Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000).
 */
export function stirlingError(x: number): number {
  if (x >= 15) return stirlingTail(x);
  return logGamma(x + 1) - ((x + 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI);
}

function stirlingTail(x: number): number {
  const r = 1 / (x * x);
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r / 156)))))) / x;
}

/** ln(1 + x) - x without cancellation near 0, x > -1. */
function log1pMinus(x: number): number {
  if (Math.abs(x) > 0.2) return Math.log1p(x) - x;
  // ln(1 + x) = 2 artanh(r), r = x / (2 + x).
  const r = x / (2 + x);
  const square = r * r;
  let term = 2 * r * square;
  let sum = 0;
  for (let k = 3; Math.abs(term) > 1e-19 * Math.abs(x * x); k += 2) {
    sum += term / k;
    term *= square;
  }
  return sum - r * x;
}

/** x^a e^-x / Γ(a + 1), for a > 0, x > 0 (Loader 2000). */
function poissonTerm(a: number, x: number): number {
  const deviance = -a * log1pMinus((x - a) / a);
  return Math.exp(-stirlingError(a) - deviance) / Math.sqrt(2 * Math.PI * a);
}

/**
 * The regularised incomplete gamma functions of x >= 0 for a > 0: [P(a, x), Q(a, x)], each exact to about 14 digits of
 * itself. The series below a + 1, Lentz's continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
 */
export function incompleteGamma(a: number, x: number): readonly [lower: number, upper: number] {
  if (Number.isNaN(a) || Number.isNaN(x) || a <= 0 || x < 0) return [Number.NaN, Number.NaN];
  if (x === 0) return [0, 1];
  if (x === Number.POSITIVE_INFINITY) return [1, 0];
  if (x < a + 1) {
    let term = 1;
    let sum = 1;
    for (let n = a + 1; term > sum * 1e-17; n++) {
      term *= x / n;
      sum += term;
    }
    const lower = poissonTerm(a, x) * sum;
    return [lower, 1 - lower];
  }
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 100_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / orTiny(an * d + b);
    c = orTiny(b + an / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  const upper = poissonTerm(a, x) * a * h;
  return [1 - upper, upper];
}

function orTiny(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}

/** The probability of at least `x` under the chi-square distribution with `df` > 0 degrees of freedom. */
export function chiSquareTail(x: number, df: number): number {
  if (x <= 0) return 1;
  return incompleteGamma(df / 2, x / 2)[1];
}
