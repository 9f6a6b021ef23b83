import { requireAlpha, requirePositive } from "./require.ts";

/** An estimate whose error is near normal: a difference of means, say. */
export interface Estimate {
  readonly estimate: number;
  /** Of the estimate, from the data so far; > 0. */
  readonly standardError: number;
  /** Units that it stands on, of all arms together. */
  readonly n: number;
}

export interface AsymptoticOptions {
  /** The chance, over all looks together, that the truth is ever outside. Default 0.05. */
  readonly alpha?: number;
  /** The `n` at which the interval is to be narrowest. Choose it once, before the first look. Default 5000. */
  readonly tuning?: number;
  /** "lower" says how large the effect is at least, "upper" at most. Default "both". */
  readonly side?: "both" | "lower" | "upper";
  /** The effect under the null hypothesis, for e and p. Default 0. */
  readonly null?: number;
}

export interface SequentialInterval {
  readonly lower: number;
  readonly upper: number;
  readonly halfWidth: number;
}

export interface SequentialEvidence {
  readonly logE: number;
  /** min(1, 1/E). */
  readonly p: number;
}

/**
 * An interval that holds the truth at all looks together with probability 1 - α, once there are enough units for a central limit theorem:
 * at least 100 an arm, of a rate at least 10 events. An asymptotic confidence sequence (I. Waudby-Smith, D. Arbour, R. Sinha,
 * E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", arXiv 2103.06476v7, (9) and, one-sided,
 * (134)), the same as GrowthBook's sequential testing.
 * @throws RangeError for α outside (0, 1) (one-sided: (0, 0.5)), n < 1, a standard error that is not >= 0
 */
export function asymptoticInterval(
  { estimate, standardError, n }: Estimate,
  options: AsymptoticOptions = {},
): SequentialInterval {
  const halfWidth = asymptoticHalfWidth(standardError, n, options);
  const { side = "both" } = options;
  return {
    lower: side === "upper" ? Number.NEGATIVE_INFINITY : estimate - halfWidth,
    upper: side === "lower" ? Number.POSITIVE_INFINITY : estimate + halfWidth,
    halfWidth,
  };
}

/** Half of the width of `asymptoticInterval`, or the distance to its one end, in units of the estimate. */
export function asymptoticHalfWidth(standardError: number, n: number, options: AsymptoticOptions = {}): number {
  const { alpha = 0.05, side = "both" } = options;
  if (!(standardError >= 0)) throw new RangeError(`The standard error is ${standardError}. It is 0 or more.`);
  requirePositive("n", n);
  const square = asymptoticRho(options) ** 2;
  const grown = n * square + 1;
  const log = side === "both" ? Math.log(Math.sqrt(grown) / alpha) : Math.log1p(Math.sqrt(grown) / (2 * alpha));
  return standardError * Math.sqrt(n) * Math.sqrt(((2 * grown) / (n * n * square)) * log);
}

/**
 * The evidence against the effect being `null` (both), at most it (lower), at least it (upper). E reaches 1/α just where the interval leaves
 * `null` behind: (155) of the paper; one-sided the inverse of (134), whose rho is that of `alpha`. GrowthBook's one-sided p is this, cut at
 * 0.00001 and 0.4999.
 */
export function asymptoticEvidence(
  { estimate, standardError, n }: Estimate,
  options: AsymptoticOptions = {},
): SequentialEvidence {
  requirePositive("n", n);
  requirePositive("The standard error", standardError);
  const { side = "both" } = options;
  const square = asymptoticRho(options) ** 2;
  const grown = n * square + 1;
  const distance = (estimate - (options.null ?? 0)) / standardError;
  const exponent = (square * distance * distance * n) / (2 * grown);
  if (side === "both") return toEvidence(exponent - Math.log(grown) / 2);
  const isToward = side === "lower" ? distance > 0 : distance < 0;
  if (!isToward) return { logE: Number.NEGATIVE_INFINITY, p: 1 };
  // ln(2 (e^x - 1) / sqrt(n rho² + 1)) without overflow.
  const log = exponent > 30 ? exponent : Math.log(Math.expm1(exponent));
  return toEvidence(Math.LN2 + log - Math.log(grown) / 2);
}

/** rho that makes the interval narrowest at `tuning` units: (161); one-sided with 2α. */
export function asymptoticRho({ alpha = 0.05, tuning = 5000, side = "both" }: AsymptoticOptions = {}): number {
  const spent = side === "both" ? alpha : 2 * alpha;
  requireAlpha(alpha, side === "both" ? 1 : 0.5);
  requirePositive("tuning", tuning);
  const log = -2 * Math.log(spent);
  return Math.sqrt((log + Math.log1p(log)) / tuning);
}

function toEvidence(logE: number): SequentialEvidence {
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}
