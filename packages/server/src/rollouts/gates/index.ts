export { createGates, type Gates, type GatesDeps } from "./gates.ts";
export { createGateFiles, type GateFiles } from "./gate-files.ts";
export { gateMigrations } from "./migrations.ts";
export type { GateFile, KeptGate } from "./store.ts";
