const B = [1 / 12, -1 / 720, 1 / 30_240, -1 / 1_209_600, 1 / 47_900_160] as const;
const TERMS = 20;

/** Riemann's ζ(s), s > 1, to about 14 digits: Euler and Maclaurin's sum (DLMF 25.2.9). */
export function zeta(s: number): number {
  if (!(s > 1)) return s === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  let sum = 0;
  for (let n = 1; n < TERMS; n++) sum += n ** -s;
  let tail = TERMS ** (1 - s) / (s - 1) + TERMS ** -s / 2;
  let rising = s;
  for (let k = 0; k < B.length; k++) {
    tail += B[k]! * rising * TERMS ** (-s - 2 * k - 1);
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
  }
  return sum + tail;
}
