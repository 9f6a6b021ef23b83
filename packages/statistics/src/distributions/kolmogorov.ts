import { stirlingError } from "./gamma.ts";

const SUMMED_TERMS = 16_384;

/**
 * P(D+ >= d) of the one-sided, one-sample statistic of n values: the sum of Birnbaum and Tingey (1951), all of whose terms
 * are positive. Over 32,768 values and where n d² >= 2 every k-th term is summed: the terms are smooth there and vanish with all
 * their derivatives at both ends, where the trapezoidal rule has more digits than a number.
 */
export function smirnovTail(n: number, d: number): number {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  const first = Math.exp(n * Math.log1p(-d));
  const last = Math.floor(n * (1 - d));
  const stride = n > 2 * SUMMED_TERMS && n * d * d >= 2 ? Math.floor(n / SUMMED_TERMS) : 1;
  const ofN = stirlingError(n);
  let sum = 0;
  for (let v = stride === 1 ? 1 : stride >> 1; v <= last; v += stride) {
    const u = v / n;
    const rest = n - v;
    if (rest <= 0 || v === 0) continue;
    const under = d / (1 - u);
    if (under >= 1) continue;
    const exponent = ofN - stirlingError(v) - stirlingError(rest) + v * Math.log1p(d / u) + rest * Math.log1p(-under);
    sum += (d / (d + u)) * Math.sqrt(n / (2 * Math.PI * v * rest)) * Math.exp(exponent);
  }
  return Math.min(1, first + sum * stride);
}

/**
 * P(D >= d) of the two-sided, one-sample Kolmogorov-Smirnov statistic of n values. Regions and methods are those of
 * R. Simard and P. L'Ecuyer, "Computing the Two-Sided Kolmogorov-Smirnov Distribution" (2011), as SciPy has them: Ruben and
 * Gambino at the ends, Durbin's matrix (G. Marsaglia, W. W. Tsang, J. Wang, 2003), Pelz and Good (1976), twice the one-sided
 * tail where the two cannot happen together.
 */
export function kolmogorovTail(n: number, d: number): number {
  if (Number.isNaN(d) || !(n >= 1)) return Number.NaN;
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  if (t <= 1) {
    // 1 - n!/n^n (2t - 1)^n
    return 1 - Math.exp(logFactorialShare(n) + n * Math.log(2 * t - 1));
  }
  if (t >= n - 1) return 2 * (1 - d) ** n;
  const square = t * d;
  if (d >= 0.5 || square >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovTail(n, d));
  if (n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4)) return 1 - durbin(n, d);
  return pelzGood(n, d);
}

/** P(D < d) as the middle element of n!/n^n H^n. */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const m = 2 * k - 1;
  const inverseFactorials = new Float64Array(m + 1);
  inverseFactorials[0] = 1;
  for (let j = 1; j <= m; j++) inverseFactorials[j] = inverseFactorials[j - 1]! / j;
  let base = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) if (i - j + 1 >= 0) base[i * m + j] = inverseFactorials[i - j + 1]!;
  }
  for (let i = 0; i < m; i++) {
    const edge = (1 - h ** (i + 1)) * inverseFactorials[i + 1]!;
    base[i * m] = edge;
    base[(m - 1) * m + (m - 1 - i)] = edge;
  }
  base[(m - 1) * m] = (1 - 2 * h ** m + Math.max(0, 2 * h - 1) ** m) * inverseFactorials[m]!;

  const middle = (k - 1) * m + (k - 1);
  let power: Float64Array<ArrayBuffer> | null = null;
  let exponent = 0;
  let baseExponent = 0;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      power = power === null ? base.slice() : multiply(power, base, m);
      exponent += baseExponent + normalise(power);
    }
    if (left === 1) break;
    base = multiply(base, base, m);
    baseExponent = 2 * baseExponent + normalise(base);
  }
  const logP = Math.log(power === null ? 0 : power[middle]!) + exponent * Math.LN2;
  return Math.min(1, Math.exp(logP + logFactorialShare(n)));
}

/** ln(n! / n^n) */
function logFactorialShare(n: number): number {
  return stirlingError(n) + 0.5 * Math.log(2 * Math.PI * n) - n;
}

/** Makes the largest element a number between 1 and 2. @returns the power of two that was taken out */
function normalise(matrix: Float64Array): number {
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const exponent = Math.floor(Math.log2(largest));
  const factor = 2 ** -exponent;
  for (let i = 0; i < matrix.length; i++) matrix[i] = matrix[i]! * factor;
  return exponent;
}

function multiply(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < m; l++) {
      const factor = a[i * m + l]!;
      if (factor === 0) continue;
      for (let j = 0; j < m; j++) product[i * m + j] = product[i * m + j]! + factor * b[l * m + j]!;
    }
  }
  return product;
}

/** 1 - (K0 + K1/√n + K2/n + K3/n^1.5), the K as Jacobi's theta functions, which converge for small z = √n d. */
function pelzGood(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI ** 2;
  const pi4 = pi2 * pi2;
  const pi6 = pi4 * pi2;
  const logQ = -pi2 / (8 * z2);
  if (logQ < -708) return 1;
  const sums = [0, 0, 0, 0];
  const last = Math.ceil((16 * z) / Math.PI);
  let extra2 = 0;
  let extra3 = 0;
  for (let k = last; k > 0; k--) {
    const m2 = (2 * k - 1) ** 2;
    const m4 = m2 * m2;
    const weight = Math.exp(logQ * m2);
    sums[0]! += weight;
    sums[1]! += weight * (-z2 + (pi2 / 4) * m2);
    sums[2]! += weight * (6 * z6 + 2 * z4 + (((2 * z4 - 5 * z2) * pi2) / 4) * m2 + ((pi4 * (1 - 2 * z2)) / 16) * m4);
    sums[3]! +=
      weight *
      (-30 * z6 -
        90 * z4 * z4 +
        ((pi2 * (135 * z4 - 96 * z6)) / 4) * m2 +
        ((pi4 * (-60 * z2 + 212 * z4)) / 16) * m4 +
        ((pi6 * (5 - 30 * z2)) / 64) * m4 * m2);
    const whole = Math.exp(4 * logQ * k * k) * k * k;
    extra2 += whole;
    extra3 += whole * (3 * z2 - pi2 * k * k);
  }
  const root = Math.sqrt(2 * Math.PI);
  const k0 = (sums[0]! * root) / z;
  const k1 = (sums[1]! * root) / (6 * z4);
  const k2 = (sums[2]! * root) / (72 * z6 * z) - (extra2 * pi2 * root) / (36 * z2 * z);
  const k3 = (sums[3]! * root) / (6480 * z6 * z4) + (extra3 * pi2 * root) / (216 * z6);
  return Math.min(1, Math.max(0, 1 - k0 - k1 / Math.sqrt(n) - k2 / n - k3 / n ** 1.5));
}
