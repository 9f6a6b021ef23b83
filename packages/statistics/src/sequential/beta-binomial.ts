import { incompleteBeta, logBeta } from "../distributions/student.ts";
import { findBound, mixtureRho, type Mixture, type SidedOptions } from "./mixture.ts";
import { requirePositive } from "./require.ts";
import { bisect } from "./solve.ts";

export interface BetaBinomialOptions extends SidedOptions {
  /** How far below its mean one observation can be: p where it is a hit with probability p. > 0. */
  readonly below: number;
  /** How far above: 1 - p. > 0. */
  readonly above: number;
}

/**
 * For sums of values that are within `below` and `above` of their mean (sub-Bernoulli; v grows by below x above an observation): the
 * beta-binomial mixture (Howard et al. 2021, propositions 7 and 8).
 */
export function betaBinomialMixture({ below: g, above: h, ...options }: BetaBinomialOptions): Mixture {
  requirePositive("below", g);
  requirePositive("above", h);
  const r = Math.max(mixtureRho(options) - g * h, 1e-3 * g * h);
  const range = g + h;
  const x = options.sides === 1 ? h / range : 1;
  const start = logIncompleteBeta(r / (g * range), r / (h * range), x);
  const logE = (s: number, v: number) =>
    (v / (g * h)) * Math.log(range) -
    ((v + h * s) / (h * range)) * Math.log(g) -
    ((v - g * s) / (g * range)) * Math.log(h) +
    logIncompleteBeta((r + v - g * s) / (g * range), (r + v + h * s) / (h * range), x) -
    start;
  return { logE, bound: findBound(logE, (v) => v / g) };
}

export interface ShareOptions {
  readonly alpha?: number;
  /** The number of trials at which the interval is to be tightest. Default 1000. */
  readonly tOpt?: number;
}

/**
 * Where a share lies, at all numbers of trials together with probability 1 - α: the shares that the two-sided beta-binomial mixture does not
 * reject. Exact for trials that hit independently with the same probability; confseq's bernoulli_confidence_interval.
 * @throws RangeError unless 0 <= hits <= trials and trials > 0
 */
export function bernoulliInterval(
  { hits, trials }: { readonly hits: number; readonly trials: number },
  { alpha = 0.05, tOpt = 1000 }: ShareOptions = {},
): { readonly lower: number; readonly upper: number } {
  requirePositive("trials", trials);
  if (!(hits >= 0 && hits <= trials))
    throw new RangeError(`There are ${hits} hits in ${trials} trials. Give 0 to ${trials}.`);
  const share = hits / trials;
  const threshold = -Math.log(alpha);
  const isRejected = (p: number) => {
    if (p <= 0 || p >= 1) return true;
    const mixture = betaBinomialMixture({ vOpt: p * (1 - p) * tOpt, below: p, above: 1 - p, sides: 2 });
    return mixture.logE((share - p) * trials, p * (1 - p) * trials) > threshold;
  };
  return {
    lower: share === 0 ? 0 : bisect(share, 0, isRejected),
    upper: share === 1 ? 1 : bisect(share, 1, isRejected),
  };
}

function logIncompleteBeta(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0)) return Number.NEGATIVE_INFINITY;
  return logBeta(a, b) + (x === 1 ? 0 : Math.log(incompleteBeta(x, a, b)));
}
