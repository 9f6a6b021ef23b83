import { meanMeasure, requireSameLength, type Measure } from "./measure.ts";

/** Probabilities are kept this far from 0 and 1 in a logarithm: the machine epsilon, as scikit-learn does. */
const LEAST = Number.EPSILON;

/**
 * Brier score: the mean squared distance of probability and outcome, 0 (perfect) to 1 (Brier, Monthly Weather Review 78,
 * 1950). @param truth n classes 0 or 1. @param probability n probabilities of class 1.
 */
export function brierScore(truth: ArrayLike<number>, probability: ArrayLike<number>): Measure {
  const n = requireSameLength(truth, probability);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) rows[i] = (requireProbability(probability[i]!) - truth[i]!) ** 2;
  return meanMeasure(rows);
}

/** Mean negative log-likelihood in nats; probabilities are kept 2.2e-16 from 0 and 1 (as sklearn.metrics.log_loss). */
export function logLoss(truth: ArrayLike<number>, probability: ArrayLike<number>): Measure {
  const n = requireSameLength(truth, probability);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const p = Math.min(Math.max(requireProbability(probability[i]!), LEAST), 1 - LEAST);
    rows[i] = truth[i] === 1 ? -Math.log(p) : -Math.log1p(-p);
  }
  return meanMeasure(rows);
}

/** @throws RangeError for what is not in [0, 1]. */
export function requireProbability(value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`A probability lies in [0, 1]; ${value} does not.`);
}
