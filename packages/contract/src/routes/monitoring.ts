import { z } from "zod";
import * as operations from "../schemas/operation.ts";
import * as monitoring from "../schemas/monitoring.ts";
import type { RouteSpec } from "./route-spec.ts";

export const monitoringRoutes = {
  getMonitor: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/monitor",
    tag: "monitoring",
    summary: "What was found in a window: drift by column, data quality, performance, open incidents",
    scope: "read",
    query: monitoring.monitorQuery,
    status: 200,
    answer: monitoring.monitorView,
    errors: ["endpoint_not_found", "version_not_found"],
  },
  getMonitorSeries: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/monitor/series",
    tag: "monitoring",
    summary: "What was found, window by window",
    scope: "read",
    query: monitoring.monitorSeriesQuery,
    status: 200,
    answer: monitoring.monitorSeries,
    errors: ["endpoint_not_found", "version_not_found"],
  },
  getMonitorReference: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/monitor/reference",
    tag: "monitoring",
    summary: "What the windows of a version are held against",
    scope: "read",
    query: z.object({ version: monitoring.monitorQuery.shape.version }),
    status: 200,
    answer: monitoring.monitorReferenceView,
    errors: ["endpoint_not_found", "version_not_found"],
  },
  makeMonitorReference: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/monitor/reference",
    tag: "monitoring",
    summary: "Make the reference anew, as an operation; what was judged is judged again",
    scope: "deploy",
    body: monitoring.monitorReferenceRequest,
    status: 202,
    answer: operations.operation,
    errors: ["endpoint_not_found", "version_not_found", "precondition_failed"],
  },
  testMonitor: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/monitor/test",
    tag: "monitoring",
    summary: "Exact two-sample tests of raw predictions against the rows of the reference",
    scope: "read",
    body: monitoring.monitorTestRequest,
    status: 200,
    answer: monitoring.monitorTestResult,
    errors: ["endpoint_not_found", "version_not_found", "precondition_failed", "deadline_exceeded"],
  },
} as const satisfies Record<string, RouteSpec>;
