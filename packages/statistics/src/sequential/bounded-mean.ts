import { gammaExponentialMixture } from "./gamma-mixtures.ts";
import { normalMixture } from "./normal-mixture.ts";
import { requireAlpha } from "./require.ts";

/** What is known of values in [0, 1] so far: plain data, for the α it was made with. */
export interface BoundedMean {
  readonly alpha: number;
  readonly n: number;
  readonly sum: number;
  /** Σ(x - μ̂)², with μ̂ = (½ + Σx)/(t + 1) of the moment. */
  readonly squares: number;
  /** Σλ, Σλx. */
  readonly bets: number;
  readonly betSum: number;
  /** Σ(x - x̄ before)² ψ(λ) of x and of 1 - x, which differ in the first one only. */
  readonly spent: number;
  readonly spentMirrored: number;
}

/**
 * The mean of values in [0, 1], with an interval that holds it at all times together with probability 1 - α, however they are distributed and
 * at any size: the predictable-mixture empirical Bernstein sequence (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random
 * variables by betting", JRSS B 2024, theorem 2), α/2 on each side. (confseq's conjugate-mixture wrappers halve α twice.)
 */
export function createBoundedMean({ alpha = 0.05 }: { readonly alpha?: number } = {}): BoundedMean {
  requireAlpha(alpha);
  return { alpha, n: 0, sum: 0, squares: 0, bets: 0, betSum: 0, spent: 0, spentMirrored: 0 };
}

/**
 * One value more. The order matters: each bet stands on the values before it.
 * @param x scaled to [0, 1] by bounds that were known before
 * @throws RangeError outside [0, 1]
 */
export function addBounded(state: BoundedMean, x: number): BoundedMean {
  requireUnit(x);
  const t = state.n + 1;
  const variance = (0.25 + state.squares) / t;
  const bet = Math.min(0.5, Math.sqrt((2 * Math.log(2 / state.alpha)) / (t * Math.log1p(t) * variance)));
  const cost = -Math.log1p(-bet) - bet;
  const gap = state.n === 0 ? x : x - state.sum / state.n;
  const mirrored = state.n === 0 ? 1 - x : gap;
  const sum = state.sum + x;
  return {
    alpha: state.alpha,
    n: t,
    sum,
    squares: state.squares + (x - (0.5 + sum) / (t + 1)) ** 2,
    bets: state.bets + bet,
    betSum: state.betSum + bet * x,
    spent: state.spent + gap * gap * cost,
    spentMirrored: state.spentMirrored + mirrored * mirrored * cost,
  };
}

export function boundedInterval(state: BoundedMean): { readonly lower: number; readonly upper: number } {
  if (state.n === 0) return { lower: 0, upper: 1 };
  const centre = state.betSum / state.bets;
  const log = Math.log(2 / state.alpha);
  return {
    lower: Math.max(0, centre - (log + state.spent) / state.bets),
    upper: Math.min(1, centre + (log + state.spentMirrored) / state.bets),
  };
}

export interface BoundedOptions {
  readonly alpha?: number;
  /** Values at which the interval is to be tightest. Default 1000. */
  readonly tOpt?: number;
}

/**
 * Half of the width of an interval around the plain mean of values in [0, 1] that uses their variance: Howard et al. (2021, theorem 4) with the
 * gamma-exponential mixture, tightest for evenly spread values (vOpt = tOpt/12). α/2 on each side.
 * @param values in their order
 */
export function empiricalBernsteinRadius(
  values: ArrayLike<number>,
  { alpha = 0.05, tOpt = 1000 }: BoundedOptions = {},
): number {
  let [sum, v] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    requireUnit(x);
    v += (x - (i === 0 ? 0.5 : sum / i)) ** 2;
    sum += x;
  }
  if (values.length === 0) return Number.POSITIVE_INFINITY;
  const mixture = gammaExponentialMixture({ vOpt: tOpt / 12, scale: 1, alpha: alpha / 2 });
  return mixture.bound(v, alpha / 2) / values.length;
}

/** The same from the number of values alone (Hoeffding's variance 1/4, two-sided normal mixture). */
export function hoeffdingRadius(n: number, { alpha = 0.05, tOpt = 1000 }: BoundedOptions = {}): number {
  if (!(n > 0)) return Number.POSITIVE_INFINITY;
  return normalMixture({ vOpt: tOpt / 4, sides: 2, alpha }).bound(n / 4, alpha) / n;
}

function requireUnit(x: number): void {
  if (!(x >= 0 && x <= 1)) throw new RangeError(`The value is ${x}. Scale values to [0, 1] by bounds known before.`);
}
