export type { Environment, ListedEnvironment, Overlay, Pruned, Verified, Watch } from "./environment.ts";
export type { EnsureOptions } from "./ensure.ts";
export { createEnvironments, type Environments, type EnvironmentsDeps } from "./environments.ts";
export { publicIndex, type IndexSettings } from "./index-settings.ts";
export { listLocked, normalName, parseLock, type Lock, type LockedPackage } from "./lock.ts";
export { findMissingLibrary, type MissingLibrary } from "./missing-library.ts";
export type { PruneOptions } from "./prune.ts";
export type { ResolveRequest } from "./resolve.ts";
export { runTool } from "./run-tool.ts";
