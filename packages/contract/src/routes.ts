import { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import * as common from "./schemas/common.ts";
import * as endpoints from "./schemas/endpoint.ts";
import * as models from "./schemas/model.ts";
import * as operations from "./schemas/operation.ts";
import * as predictions from "./schemas/prediction.ts";
import * as server from "./schemas/server.ts";

/** What a token must be good for; `public` needs none. */
export type Scope = "public" | "infer" | "read" | "deploy" | "admin";

export interface RouteSpec {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE" | "HEAD";
  /** OpenAPI template; every `{name}` is a string. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly query?: z.ZodObject;
  /** JSON body, checked by the server; a hot route parses its body by itself. */
  readonly body?: z.ZodType;
  /** `stream`: the body is raw bytes. */
  readonly rawBody?: "application/octet-stream";
  readonly status: number;
  readonly answer?: z.ZodType;
  /** Answers server-sent events, each `data` of this schema. */
  readonly events?: z.ZodType;
  readonly errors: readonly ErrorCode[];
}

const anyRecord = z.record(z.string(), z.unknown());

/** The whole of `/api/v1`: the server registers exactly these, the OpenAPI document is made of them. */
export const routes = {
  getServer: {
    method: "GET",
    path: "/api/v1/server",
    tag: "server",
    summary: "What this server is and how it does",
    scope: "read",
    status: 200,
    answer: server.serverStatus,
    errors: [],
  },
  listLogs: {
    method: "GET",
    path: "/api/v1/logs",
    tag: "server",
    summary: "The last lines of the server's own log",
    scope: "read",
    query: server.logQuery,
    status: 200,
    answer: server.logLines,
    errors: [],
  },
  headBlob: {
    method: "HEAD",
    path: "/api/v1/blobs/{sha256}",
    tag: "blobs",
    summary: "Is a blob here? 200 whole, 404 with `upload-offset` where an upload can go on",
    scope: "deploy",
    status: 200,
    errors: ["blob_not_found"],
  },
  putBlob: {
    method: "PUT",
    path: "/api/v1/blobs/{sha256}",
    tag: "blobs",
    summary: "Upload a blob; `upload-offset` goes on with one that was cut",
    scope: "deploy",
    rawBody: "application/octet-stream",
    status: 201,
    answer: server.blobState,
    errors: ["digest_mismatch", "conflict", "too_large"],
  },
  createDeployment: {
    method: "POST",
    path: "/api/v1/deployments",
    tag: "deploy",
    summary: "Make a version of uploaded files and, unless `traffic` is false, serve it",
    scope: "deploy",
    body: endpoints.deployRequest,
    status: 202,
    answer: operations.operation,
    errors: ["invalid_manifest", "blob_not_found"],
  },
  listOperations: {
    method: "GET",
    path: "/api/v1/operations",
    tag: "operations",
    summary: "Operations, newest first",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: operations.operationPage,
    errors: [],
  },
  getOperation: {
    method: "GET",
    path: "/api/v1/operations/{id}",
    tag: "operations",
    summary: "One operation",
    scope: "read",
    status: 200,
    answer: operations.operation,
    errors: ["operation_not_found"],
  },
  watchOperation: {
    method: "GET",
    path: "/api/v1/operations/{id}/events",
    tag: "operations",
    summary: "Follow an operation until it ends",
    scope: "read",
    status: 200,
    events: operations.operation,
    errors: ["operation_not_found"],
  },
  cancelOperation: {
    method: "POST",
    path: "/api/v1/operations/{id}/cancel",
    tag: "operations",
    summary: "Cancel an operation",
    scope: "deploy",
    status: 200,
    answer: operations.operation,
    errors: ["operation_not_found"],
  },
  listModels: {
    method: "GET",
    path: "/api/v1/models",
    tag: "models",
    summary: "Models",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: models.modelPage,
    errors: [],
  },
  getModel: {
    method: "GET",
    path: "/api/v1/models/{model}",
    tag: "models",
    summary: "One model",
    scope: "read",
    status: 200,
    answer: models.model,
    errors: ["model_not_found"],
  },
  deleteModel: {
    method: "DELETE",
    path: "/api/v1/models/{model}",
    tag: "models",
    summary: "Delete a model with all its versions",
    scope: "admin",
    status: 204,
    errors: ["model_not_found", "in_use"],
  },
  listVersions: {
    method: "GET",
    path: "/api/v1/models/{model}/versions",
    tag: "models",
    summary: "Versions, newest first",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: models.versionPage,
    errors: ["model_not_found"],
  },
  getVersion: {
    method: "GET",
    path: "/api/v1/models/{model}/versions/{version}",
    tag: "models",
    summary: "One version, by number or alias",
    scope: "read",
    status: 200,
    answer: models.modelVersion,
    errors: ["version_not_found", "alias_not_found"],
  },
  deleteVersion: {
    method: "DELETE",
    path: "/api/v1/models/{model}/versions/{version}",
    tag: "models",
    summary: "Delete a version that nothing uses",
    scope: "admin",
    status: 204,
    errors: ["version_not_found", "in_use"],
  },
  diffVersions: {
    method: "GET",
    path: "/api/v1/models/{model}/diff",
    tag: "models",
    summary: "What differs between two versions",
    scope: "read",
    query: z.object({ from: z.string(), to: z.string() }),
    status: 200,
    answer: models.versionDiff,
    errors: ["version_not_found"],
  },
  setAlias: {
    method: "PUT",
    path: "/api/v1/models/{model}/aliases/{alias}",
    tag: "models",
    summary: "Point an alias at a version; endpoints that follow it move",
    scope: "deploy",
    body: models.aliasChange,
    status: 200,
    answer: models.aliasState,
    errors: ["version_not_found"],
  },
  deleteAlias: {
    method: "DELETE",
    path: "/api/v1/models/{model}/aliases/{alias}",
    tag: "models",
    summary: "Delete an alias that no endpoint follows",
    scope: "deploy",
    status: 204,
    errors: ["alias_not_found", "in_use"],
  },
  listEndpoints: {
    method: "GET",
    path: "/api/v1/endpoints",
    tag: "endpoints",
    summary: "Endpoints",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: endpoints.endpointPage,
    errors: [],
  },
  getEndpoint: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}",
    tag: "endpoints",
    summary: "One endpoint",
    scope: "read",
    status: 200,
    answer: endpoints.endpoint,
    errors: ["endpoint_not_found"],
  },
  applyEndpoint: {
    method: "PUT",
    path: "/api/v1/endpoints/{endpoint}",
    tag: "endpoints",
    summary: "Bring an endpoint to what a manifest says; idempotent",
    scope: "deploy",
    body: endpoints.applyRequest,
    status: 200,
    answer: endpoints.applyResult,
    errors: ["endpoint_not_found", "invalid_manifest"],
  },
  deleteEndpoint: {
    method: "DELETE",
    path: "/api/v1/endpoints/{endpoint}",
    tag: "endpoints",
    summary: "Undeploy: take an endpoint out of service; versions and predictions stay",
    scope: "deploy",
    status: 204,
    errors: ["endpoint_not_found"],
  },
  promote: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/promote",
    tag: "endpoints",
    summary: "Make a version champion and send it all traffic",
    scope: "deploy",
    body: endpoints.promoteRequest,
    status: 200,
    answer: endpoints.endpoint,
    errors: ["endpoint_not_found", "version_not_found"],
  },
  rollback: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/rollback",
    tag: "endpoints",
    summary: "Go back to an earlier revision",
    scope: "deploy",
    body: endpoints.rollbackRequest,
    status: 200,
    answer: endpoints.endpoint,
    errors: ["endpoint_not_found", "precondition_failed"],
  },
  listRevisions: {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/revisions",
    tag: "endpoints",
    summary: "Revisions, newest first",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: endpoints.revisionPage,
    errors: ["endpoint_not_found"],
  },
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

export type RouteId = keyof typeof routes;
export const routeTable: Readonly<Record<RouteId, RouteSpec>> = routes;
