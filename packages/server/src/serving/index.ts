export { createServing, type Serving } from "./serving.ts";
export type { ProveOptions, ServingDeps } from "./loader.ts";
export {
  fitSettings,
  requirePlacement,
  toPlacement,
  type BatchingSettings,
  type LoadSettings,
  type Placed,
} from "./load-settings.ts";
export { toModelFiles, type FindRuntime, type RuntimeQuestion } from "./find-runtime.ts";
export type { RecycleSettings } from "./recycled-replica.ts";
export { type LoadedVersion, type RunOptions, type RunResult } from "./loaded-version.ts";
export type { Duration, VersionStats } from "./version-stats.ts";
export { proveModel, type Proof, type ProofDeps, type ProofSubject } from "./prove-model.ts";
