export { createServing, type Serving, type ServingDeps } from "./serving.ts";
export { type LoadedVersion, type RunResult } from "./loaded-version.ts";
