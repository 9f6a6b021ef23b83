import { z } from "zod";
import * as labels from "../schemas/label.ts";
import * as operations from "../schemas/operation.ts";
import type { RouteSpec } from "./route-spec.ts";

export const labelsRoutes = {
  createLabels: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels",
    tag: "labels",
    summary: "Say what came true for predictions; durable when it is answered",
    // Whoever asks for predictions is the one who learns what came true; a token that may infer may say so.
    scope: "infer",
    body: labels.labelBody,
    status: 200,
    answer: labels.labelReport,
    errors: ["endpoint_not_found", "invalid_request", "too_large"],
  },
  listLabels: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/labels",
    tag: "labels",
    summary: "Labels as they were received, newest first",
    scope: "read",
    query: labels.labelQuery,
    status: 200,
    answer: labels.labelPage,
    errors: ["endpoint_not_found"],
  },
  getLabelSummary: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/labels/summary",
    tag: "labels",
    summary: "How many labels there are, what they are attached to, and the schedule of `labels.sql`",
    scope: "read",
    status: 200,
    answer: labels.labelSummary,
    errors: ["endpoint_not_found"],
  },
  importLabels: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels/import",
    tag: "labels",
    summary: "Attach the labels of an uploaded file (CSV, Parquet, JSON Lines); all of it or nothing",
    scope: "deploy",
    body: labels.labelImportRequest,
    status: 202,
    answer: operations.operation,
    errors: ["endpoint_not_found", "blob_not_found"],
  },
  pullLabels: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels/pull",
    tag: "labels",
    summary: "Pull labels from the endpoint's `labels.sql` now",
    scope: "deploy",
    body: z.strictObject({}),
    status: 202,
    answer: operations.operation,
    errors: ["endpoint_not_found", "precondition_failed"],
  },
} as const satisfies Record<string, RouteSpec>;
