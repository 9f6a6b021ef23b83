import {
  mergeDistinctSketches,
  mergeFrequentItems,
  mergeMoments,
  mergeQuantileSketches,
} from "@slipway/statistics/sketches";
import type { ColumnProfile, Profile } from "./profile.ts";

/** Of both together; neither is changed. @throws RangeError where they are not of the same plan: see `onPlan` */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (a.planId !== b.planId)
    throw new RangeError(`Profiles of the plans ${a.planId} and ${b.planId} cannot be merged.`);
  const errorCodes = new Map(a.errorCodes);
  for (const [code, count] of b.errorCodes) errorCodes.set(code, (errorCodes.get(code) ?? 0) + count);
  return {
    planId: a.planId,
    rows: a.rows + b.rows,
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    fallbacks: a.fallbacks + b.fallbacks,
    errorCodes,
    latency: mergeQuantileSketches(a.latency, b.latency),
    columns: a.columns.map((column, i) => mergeColumns(column, b.columns[i] as ColumnProfile)),
  };
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  return {
    name: a.name,
    role: a.role,
    kind: a.kind,
    count: a.count + b.count,
    missing: a.missing + b.missing,
    invalid: a.invalid + b.invalid,
    infinite: a.infinite + b.infinite,
    outOfRange: a.outOfRange + b.outOfRange,
    unseen: a.unseen + b.unseen,
    moments: mergeBoth(a.moments, b.moments, mergeMoments),
    quantiles: mergeBoth(a.quantiles, b.quantiles, mergeQuantileSketches),
    bins: mergeBoth(a.bins, b.bins, (left, right) => left.map((count, i) => count + (right[i] as number))),
    frequent: mergeBoth(a.frequent, b.frequent, mergeFrequentItems),
    distinct: mergeBoth(a.distinct, b.distinct, mergeDistinctSketches),
  };
}

function mergeBoth<T>(a: T | null, b: T | null, merge: (a: T, b: T) => T): T | null {
  return a === null || b === null ? null : merge(a, b);
}
