export { rejectReasons, type RejectReason } from "./admission.ts";
export type { BatchResult } from "./batch-run.ts";
export { createBatcher, type Batcher, type BatcherOptions, type RunReport, type SubmitOptions } from "./batcher.ts";
export { dispatchReasons, type DispatchReason } from "./dispatcher.ts";
export { createLane, type Lane, type LaneOptions } from "./lane.ts";
export { seedTimes } from "./seed-times.ts";
export { createRunTimes, type RunTimes } from "./run-times.ts";
