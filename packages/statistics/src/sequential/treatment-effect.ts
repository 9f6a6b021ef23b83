import type { SequentialInterval } from "./asymptotic.ts";
import { gammaExponentialMixture } from "./gamma-mixtures.ts";
import { requireAlpha, requirePositive } from "./require.ts";

export interface TreatmentOptions {
  /** The least and the largest outcome there can be. */
  readonly support: readonly [number, number];
  /** Every arm's probability is at least this, always. (0, 0.5]. */
  readonly leastPropensity: number;
  readonly alpha?: number;
  /** The variance of an outcome, for the choice of where the interval is tightest. Default a quarter of the squared range. */
  readonly noise?: number;
  /** Units at which it is to be tightest, at equal arms. Default 1000. */
  readonly tOpt?: number;
}

/** Plain data; the options are given anew at each question. */
export interface TreatmentSums {
  readonly n: number;
  readonly sum: number;
  readonly v: number;
  /** Outcomes of [the control, the treatment]. */
  readonly arms: readonly [ArmSum, ArmSum];
}

interface ArmSum {
  readonly n: number;
  readonly sum: number;
}

export interface TreatedUnit {
  readonly outcome: number;
  readonly isTreated: boolean;
  /** The probability with which this unit was to be treated, known when it was drawn. */
  readonly propensity: number;
}

const NOTHING: ArmSum = { n: 0, sum: 0 };
export const noTreatments: TreatmentSums = { n: 0, sum: 0, v: 0, arms: [NOTHING, NOTHING] };

/**
 * One unit more. X = (ŷ₁ - ŷ₀) + (Z - p)/(p(1 - p)) (Y - ŷ_Z), where ŷ are the arms' means before this unit (the middle of the
 * support at first): its expectation is the effect, whatever ŷ is.
 * @throws RangeError for outcomes outside the support and propensities below the least
 */
export function addTreatment(state: TreatmentSums, unit: TreatedUnit, options: TreatmentOptions): TreatmentSums {
  const { outcome, isTreated, propensity } = unit;
  const [low, high] = options.support;
  if (!(outcome >= low && outcome <= high))
    throw new RangeError(`The outcome ${outcome} is outside ${low} to ${high}.`);
  if (!(Math.min(propensity, 1 - propensity) >= options.leastPropensity)) {
    throw new RangeError(`The propensity is ${propensity}. No arm's may be below ${options.leastPropensity}.`);
  }
  const predicted = state.arms.map(({ n, sum }, arm) => {
    if (state.n === 0) return (low + high) / 2;
    return arm === 0 || arm === 1 ? sum / Math.max(1, n) : 0;
  });
  const [control, treatment] = predicted as [number, number];
  const effect = treatment - control;
  const weight = (Number(isTreated) - propensity) / (propensity * (1 - propensity));
  const x = effect + weight * (outcome - (isTreated ? treatment : control));
  const add = ({ n, sum }: ArmSum) => ({ n: n + 1, sum: sum + outcome });
  return {
    n: state.n + 1,
    sum: state.sum + x,
    v: state.v + (x - effect) ** 2,
    arms: isTreated ? [state.arms[0], add(state.arms[1])] : [add(state.arms[0]), state.arms[1]],
  };
}

export interface TreatmentEffect extends SequentialInterval {
  readonly estimate: number;
  /** Against "the treatment's mean is not larger", one-sided, at α/2. */
  readonly p: number;
}

/**
 * The average effect of a randomised treatment with an interval that is exact at every size: Howard et al. (2021, corollary 2),
 * gamma-exponential mixture with c = 2 range / least propensity. Much wider than `asymptoticInterval`; for where there are too few units for that.
 */
export function treatmentEffect(state: TreatmentSums, options: TreatmentOptions): TreatmentEffect {
  const { support, leastPropensity, alpha = 0.05, tOpt = 1000 } = options;
  requireAlpha(alpha);
  const range = support[1] - support[0];
  requirePositive("The range of the support", range);
  if (!(leastPropensity > 0 && leastPropensity <= 0.5)) {
    throw new RangeError(`The least propensity is ${leastPropensity}. It lies in (0, 0.5].`);
  }
  const { noise = (range * range) / 4 } = options;
  const vOpt = tOpt * noise * (1 / leastPropensity + 1 / (1 - leastPropensity));
  const mixture = gammaExponentialMixture({ vOpt, scale: (2 * range) / leastPropensity, alpha: alpha / 2 });
  const estimate = state.sum / state.n;
  const halfWidth = mixture.bound(state.v, alpha / 2) / state.n;
  return {
    estimate,
    halfWidth,
    lower: Math.max(-range, estimate - halfWidth),
    upper: Math.min(range, estimate + halfWidth),
    p: Math.min(1, Math.exp(-mixture.logE(state.sum, state.v))),
  };
}
