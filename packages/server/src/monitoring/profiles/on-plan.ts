import { listFrequent, rankOf, weightedValuesOf } from "@slipway/statistics/sketches";
import { binCount, type ColumnPlan, findBin, type ProfilePlan } from "./column-plan.ts";
import { createProfileBuilder } from "./profile-builder.ts";
import type { ColumnProfile, Profile } from "./profile.ts";

/**
 * The profile as if it had been made on another plan: what traffic was like before there was a reference. Bins come from the
 * quantile sketch and the frequent texts, so they are about right where there were many values, and exact where there were few.
 */
export function onPlan(profile: Profile, plan: ProfilePlan): Profile {
  if (profile.planId === plan.id) return profile;
  const empty = createProfileBuilder(plan).profile();
  const columns = plan.columns.map((column, i) => {
    const found = profile.columns.find(({ name, kind }) => name === column.name && kind === column.kind);
    return found === undefined ? (empty.columns[i] as ColumnProfile) : rebin(found, column);
  });
  return { ...profile, planId: plan.id, columns };
}

function rebin(profile: ColumnProfile, plan: ColumnPlan): ColumnProfile {
  const size = binCount(plan);
  const bins = size === null ? null : new Float64Array(size);
  const { name, role, kind, edges, categories } = plan;
  const same = { ...profile, name, role, kind, bins, outOfRange: 0, unseen: 0 };
  if (kind === "number") {
    if (bins !== null && edges !== null && profile.quantiles !== null) {
      const { values, weights } = weightedValuesOf(profile.quantiles);
      for (const [i, value] of values.entries()) add(bins, findBin(edges, value), weights[i] as number);
    }
    return { ...same, outOfRange: countOutOfRange(profile, plan) };
  }
  if (bins === null || categories === null || profile.frequent === null) return same;
  const places = new Map(categories.map((category, i) => [category, i]));
  let rest = profile.frequent.total;
  for (const { value, count } of listFrequent(profile.frequent, Number.POSITIVE_INFINITY)) {
    add(bins, places.get(value) ?? categories.length, count);
    rest -= count;
  }
  // What the sketch has forgotten was rare: nobody knows which texts they were.
  const seen = bins.reduce((sum, count) => sum + count, 0);
  if (rest > 0 && seen > 0)
    for (let i = 0; i < bins.length; i++) bins[i] = ((bins[i] as number) * (seen + rest)) / seen;
  for (let i = 0; i < bins.length; i++) bins[i] = Math.round(bins[i] as number);
  return { ...same, unseen: bins[categories.length] as number };
}

function add(bins: Float64Array, at: number, count: number): void {
  bins[at] = (bins[at] as number) + count;
}

function countOutOfRange({ quantiles }: ColumnProfile, { range }: ColumnPlan): number {
  if (range === null || quantiles === null || quantiles.count === 0) return 0;
  const [low, high] = range;
  const below = quantiles.min >= low ? 0 : rankOf(quantiles, previous(low));
  return below + quantiles.count - rankOf(quantiles, high);
}

/** The double below. */
function previous(value: number): number {
  return value - Math.max(Number.MIN_VALUE, Math.abs(value) * Number.EPSILON);
}
