export { fitEstimator, type Estimator, type FitOptions } from "./estimator.ts";
export type { LabelledRows } from "./labelled-rows.ts";
export { performanceMigrations } from "./migrations.ts";
export { outputsOf } from "./outputs-of.ts";
export { createPerformance, type Performance } from "./performance.ts";
export type { KnownReference, PerformanceDeps } from "./performance-deps.ts";
export type { Measured, PerformanceWindow } from "./performance-window.ts";
export type { PerformanceCourse, PerformancePoint, Points, PointsQuery } from "./points.ts";
