export { binCount, createProfilePlan, findBin, type ColumnPlan, type ProfilePlan } from "./column-plan.ts";
export { decodeProfile, encodeProfile } from "./codec.ts";
export { countSlower, latencyBucket, latencyEdges } from "./latency-buckets.ts";
export { mergeProfiles } from "./merge.ts";
export { profileMigrations } from "./migrations.ts";
export { onPlan } from "./on-plan.ts";
export {
  createProfileBuilder,
  type AnsweredRequests,
  type ColumnValues,
  type ProfileBuilder,
} from "./profile-builder.ts";
export type { ColumnProfile, Profile } from "./profile.ts";
export { createProfiler, type Profiler, type ProfilerDeps, type ProfilerStats } from "./profiler.ts";
export type { FindProfiles, ListMinutes, Minute, ProfilesStore } from "./profiles-store.ts";
export { toSignaturePlan } from "./signature-plan.ts";
export { toSlices, type Slice } from "./slices.ts";
