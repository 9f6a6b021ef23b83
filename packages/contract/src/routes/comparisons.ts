import * as common from "../schemas/common.ts";
import * as comparisons from "../schemas/comparison.ts";
import * as operations from "../schemas/operation.ts";
import type { RouteSpec } from "./route-spec.ts";

export const comparisonRoutes = {
  createComparison: {
    method: "POST",
    path: "/api/v1/comparisons",
    tag: "rollouts",
    summary:
      "Have two versions answer the same requests or the rows of a file; the operation's result tells them apart",
    // It loads versions and costs their time, as a replay does.
    scope: "deploy",
    body: comparisons.comparisonRequest,
    status: 202,
    answer: operations.operation,
    errors: ["version_not_found", "alias_not_found", "endpoint_not_found", "blob_not_found", "invalid_file"],
  },
  listGates: {
    method: "GET",
    path: "/api/v1/models/{model}/versions/{version}/gates",
    tag: "rollouts",
    summary: "What the gates of its rollouts said of a version, newest first",
    scope: "read",
    query: common.pageQuery,
    status: 200,
    answer: comparisons.keptGates,
    errors: ["version_not_found", "alias_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
