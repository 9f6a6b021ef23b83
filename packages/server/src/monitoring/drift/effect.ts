import { quantilesOf, totalVariation, varianceOf, wassersteinOfBins } from "@slipway/statistics";
import type { ColumnPlan, ColumnProfile } from "../profiles/index.ts";
import type { ColumnScore } from "./score-column.ts";

/** Smallest effects that matter. */
export const defaultEffects = { number: 0.1, category: 0.05 } as const;

const levels = Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);

export interface EffectInput {
  readonly plan: ColumnPlan;
  readonly reference: ColumnProfile;
  readonly current: ColumnProfile;
  readonly score: ColumnScore;
  /** The window was compared with a part of the reference only. */
  readonly seasonal: boolean;
}

/**
 * How far a column moved. Numbers: Wasserstein's distance in standard deviations of the reference, which for a shifted mean is that shift;
 * from the quantile sketches, or with a season, of which only the bins are known, from these. Categories: total variation, the share of
 * rows that would have to have another one.
 */
export function effectOf({ plan, reference, current, score, seasonal }: EffectInput): number {
  const usual = Float64Array.from(score.reference.shares);
  if (plan.kind === "category" || plan.edges === null) return totalVariation(usual, score.shares);
  const deviation = Math.max(
    reference.moments === null ? 0 : Math.sqrt(varianceOf(reference.moments)),
    floorOf(reference),
  );
  if (
    !seasonal &&
    reference.quantiles &&
    current.quantiles &&
    reference.quantiles.count > 0 &&
    current.quantiles.count > 0
  ) {
    const [then, now] = [quantilesOf(reference.quantiles, levels), quantilesOf(current.quantiles, levels)];
    return levels.reduce((total, _, i) => total + Math.abs(then[i]! - now[i]!), 0) / levels.length / deviation;
  }
  const inBins = wassersteinOfBins(within(usual), within(score.shares), plan.edges);
  return Math.max(inBins, seasonal ? 0 : betweenMeans(reference, current)) / deviation;
}

/** No distance is smaller; the bins do not know how far beyond the edges values lie. */
function betweenMeans({ moments: before }: ColumnProfile, { moments: after }: ColumnProfile): number {
  return before === null || after === null || before.count === 0 || after.count === 0
    ? 0
    : Math.abs(before.mean - after.mean);
}

/** A column without spread moves by parts of its size. */
function floorOf({ moments }: ColumnProfile): number {
  return Math.max(1e-12, 1e-3 * Math.abs(moments === null || moments.count === 0 ? 1 : moments.mean));
}

/** What lies beyond the outer edges counts to the outermost bins. */
function within(shares: Float64Array): Float64Array {
  const inner = shares.slice(1, -1);
  inner[0]! += shares[0]!;
  inner[inner.length - 1]! += shares.at(-1)!;
  return inner;
}
