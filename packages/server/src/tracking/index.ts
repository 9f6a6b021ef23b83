export type { ExperimentJson } from "./experiments/experiment.ts";
export type { ExperimentOrder, Experiments } from "./experiments/experiments.ts";
export type { KeyValue } from "./key-value.ts";
export { trackingMigrations } from "./migrations.ts";
export type { RequestMark } from "./requests.ts";
export { createTracking, type Tracking, type TrackingDeps } from "./tracking.ts";
