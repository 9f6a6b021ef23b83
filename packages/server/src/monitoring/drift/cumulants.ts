/** Mean, variance and third central moment. */
export type Cumulants = readonly [number, number, number];

/**
 * The standard normal value that is as unlikely as `value` under a Pearson III law (a moved, scaled chi-square) of these
 * cumulants: Wilson and Hilferty's cube root. A law without skewness is the normal one.
 */
export function toScore(value: number, [mean, variance, third]: Cumulants): number {
  if (variance <= 0) return value <= mean + 1e-12 ? 0 : Number.POSITIVE_INFINITY;
  const deviation = Math.sqrt(variance);
  const degrees = degreesOf(variance, third);
  if (degrees > 1e6) return (value - mean) / deviation;
  const ratio = Math.max(0, 1 + ((value - mean) / deviation) * Math.sqrt(2 / degrees));
  const spread = 2 / (9 * degrees);
  return (Math.cbrt(ratio) - (1 - spread)) / Math.sqrt(spread);
}

/** The inverse of `toScore`. */
export function fromScore(score: number, [mean, variance, third]: Cumulants): number {
  if (variance <= 0) return mean;
  const deviation = Math.sqrt(variance);
  const degrees = degreesOf(variance, third);
  if (degrees > 1e6) return mean + score * deviation;
  const spread = 2 / (9 * degrees);
  const ratio = Math.max(0, 1 - spread + score * Math.sqrt(spread)) ** 3;
  return mean + ((ratio - 1) * deviation) / Math.sqrt(2 / degrees);
}

// Skewness of a chi-square is sqrt(8 / degrees).
function degreesOf(variance: number, third: number): number {
  return third <= 0 ? Number.POSITIVE_INFINITY : (8 * variance ** 3) / (third * third);
}
