export type { Environment, ListedEnvironment, Overlay, Watch } from "./environment.ts";
export { createEnvironments, type Environments } from "./environments.ts";
export { publicIndex, type IndexSettings } from "./index-settings.ts";
export { normalName, parseLock, type Lock } from "./lock.ts";
export { findMissingLibrary } from "./missing-library.ts";
export { runTool } from "./run-tool.ts";
