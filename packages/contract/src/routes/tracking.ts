import * as tracking from "../schemas/tracking.ts";
import type { RouteSpec } from "./route-spec.ts";

export const trackingRoutes = {
  listExperiments: {
    method: "GET",
    path: "/api/v1/experiments",
    tag: "tracking",
    summary: "Experiments, newest first unless `order_by` says else",
    scope: "read",
    query: tracking.experimentQuery,
    status: 200,
    answer: tracking.experimentPage,
    errors: ["invalid_request"],
  },
  getExperiment: {
    method: "GET",
    path: "/api/v1/experiments/{experiment}",
    tag: "tracking",
    summary: "One experiment, by its id or its name; a deleted one too",
    scope: "read",
    status: 200,
    answer: tracking.experiment,
    errors: ["experiment_not_found"],
  },
  listRuns: {
    method: "GET",
    path: "/api/v1/runs",
    tag: "tracking",
    summary: "Runs with the latest of their metrics, newest first unless `order_by` says else",
    scope: "read",
    query: tracking.runQuery,
    status: 200,
    answer: tracking.runPage,
    errors: ["experiment_not_found", "invalid_request"],
  },
  getRun: {
    method: "GET",
    path: "/api/v1/runs/{run}",
    tag: "tracking",
    summary: "One run; a deleted one too",
    scope: "read",
    status: 200,
    answer: tracking.run,
    errors: ["run_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
