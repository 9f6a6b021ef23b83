import * as endpoints from "../schemas/endpoint.ts";
import * as operations from "../schemas/operation.ts";
import * as server from "../schemas/server.ts";
import type { RouteSpec } from "./route-spec.ts";

export const deployRoutes = {
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
    summary:
      "Make a version of uploaded files, or of what was logged or registered here, and, unless `traffic` is false, serve it",
    scope: "deploy",
    body: endpoints.deployRequest,
    status: 202,
    answer: operations.operation,
    errors: ["invalid_manifest", "blob_not_found", "model_not_found", "version_not_found", "alias_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
