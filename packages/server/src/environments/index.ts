export type {
  Environment,
  EnvironmentProgress,
  ListedEnvironment,
  Overlay,
  Pruned,
  Verified,
  Watch,
} from "./environment.ts";
export {
  createEnvironments,
  type EnsureOptions,
  type Environments,
  type EnvironmentsDeps,
  type PruneOptions,
  type ResolveRequest,
} from "./environments.ts";
export type { IndexSettings } from "./index-settings.ts";
export { listLocked, normalName, parseLock, type Lock, type LockedPackage } from "./lock.ts";
export { findMissingLibrary, type MissingLibrary } from "./missing-library.ts";
