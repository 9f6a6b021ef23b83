export { createServing, type Serving } from "./serving.ts";
export type { ProveOptions, ServingDeps } from "./loader.ts";
export { type LoadedVersion, type RunResult } from "./loaded-version.ts";
export { proveModel, type Proof, type ProofDeps, type ProofSubject } from "./prove-model.ts";
