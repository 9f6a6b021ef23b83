export { createGates, type Gates } from "./gates.ts";
export type { GatesDeps } from "./gates-deps.ts";
export { createGateFiles, type GateFiles } from "./gate-files.ts";
export { gateMigrations } from "./migrations.ts";
export type { GateFile, KeptGate } from "./store.ts";
