export { binCount, createProfilePlan, findBin, type ColumnPlan, type ProfilePlan } from "./column-plan.ts";
export { decodeProfile, encodeProfile } from "./codec.ts";
export { mergeProfiles } from "./merge.ts";
export {
  createProfileBuilder,
  type ColumnValues,
  type CountedRequest,
  type ProfileBuilder,
} from "./profile-builder.ts";
export type { ColumnProfile, Profile } from "./profile.ts";
