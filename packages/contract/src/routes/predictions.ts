import { z } from "zod";
import * as endpoints from "../schemas/endpoint.ts";
import * as erasures from "../schemas/erasure.ts";
import * as operations from "../schemas/operation.ts";
import * as imports from "../schemas/prediction-import.ts";
import * as predictions from "../schemas/prediction.ts";
import * as query from "../schemas/query.ts";
import type { RouteSpec } from "./route-spec.ts";

const anyRecord = z.record(z.string(), z.unknown());

export const predictionsRoutes = {
  predict: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predict",
    tag: "predict",
    summary: "Predict one record (an object) or many (a list)",
    scope: "infer",
    body: z.union([anyRecord, z.array(anyRecord)]),
    status: 200,
    answer: endpoints.predictAnswer,
    errors: ["endpoint_not_found", "invalid_input", "invalid_request", "too_large", "overloaded", "deadline_exceeded"],
  },
  listPredictions: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/predictions",
    tag: "predictions",
    summary: "Predictions on record, newest first",
    scope: "read",
    query: predictions.predictionQuery,
    status: 200,
    answer: predictions.predictionPage,
    errors: ["endpoint_not_found"],
  },
  queryPredictions: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predictions/query",
    tag: "predictions",
    summary: "SQL over everything on record: one SELECT; csv and parquet are answered as such",
    scope: "read",
    body: query.queryRequest,
    status: 200,
    answer: query.queryAnswer,
    errors: ["endpoint_not_found", "invalid_query", "deadline_exceeded"],
  },
  erasePredictions: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predictions/erase",
    tag: "predictions",
    summary: "Take predictions out for good, with their labels: an operation whose `result` counts them",
    scope: "admin",
    body: erasures.eraseRequest,
    status: 202,
    answer: operations.operation,
    errors: ["endpoint_not_found", "invalid_query"],
  },
  importPredictions: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predictions/import",
    tag: "predictions",
    summary:
      "Put predictions of a model that is served elsewhere on record, from an uploaded file; makes what is not there",
    scope: "deploy",
    body: imports.predictionImportRequest,
    status: 202,
    answer: operations.operation,
    errors: ["blob_not_found", "invalid_name", "invalid_request"],
  },
  getPrediction: {
    method: "GET",
    path: "/api/v1/predictions/{id}",
    tag: "predictions",
    summary: "Everything about one prediction; `row` picks one of a request of many",
    scope: "read",
    query: z.object({ row: z.int().min(0).optional() }),
    status: 200,
    answer: predictions.prediction,
    errors: ["prediction_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
