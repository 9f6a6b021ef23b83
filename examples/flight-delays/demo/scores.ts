// How good probabilities were, once the truth is known.

export interface Scored {
  /** The probability that was given, 0 to 1. */
  readonly probability: number;
  /** What came true. */
  readonly late: boolean;
}

/**
 * Area under the ROC curve, 0.5 (chance) to 1: how often a late flight got a higher probability than one on time, ties
 * counting half. By ranks (Mann-Whitney U). NaN where all have one outcome.
 */
export function areaUnderCurve(scored: readonly Scored[]): number {
  const sorted = scored.toSorted((a, b) => a.probability - b.probability);
  let lateRanks = 0;
  let late = 0;
  for (let first = 0; first < sorted.length;) {
    let last = first;
    while (last + 1 < sorted.length && sorted[last + 1]!.probability === sorted[first]!.probability) last += 1;
    const rank = (first + last) / 2 + 1;
    for (let i = first; i <= last; i++) {
      if (!sorted[i]!.late) continue;
      lateRanks += rank;
      late += 1;
    }
    first = last + 1;
  }
  return (lateRanks - (late * (late + 1)) / 2) / (late * (sorted.length - late));
}

/** Mean of -ln(probability of what came true), in nats; probabilities are kept 1e-7 away from 0 and 1. */
export function logLoss(scored: readonly Scored[]): number {
  let sum = 0;
  for (const { probability, late } of scored) {
    const p = Math.min(1 - 1e-7, Math.max(1e-7, probability));
    sum -= Math.log(late ? p : 1 - p);
  }
  return sum / scored.length;
}
