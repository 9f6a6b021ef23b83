export { rejectReasons, type RejectReason } from "./admission.ts";
export type { BatchResult } from "./batch-run.ts";
export { createBatcher, type Batcher } from "./batcher.ts";
export { createLane, type Lane, type LaneOptions } from "./lane.ts";
export * from "./options.ts";
export { seedTimes } from "./seed-times.ts";
export { createRunTimes, type RunTimes } from "./run-times.ts";
