import { pageQuery } from "../schemas/common.ts";
import * as environments from "../schemas/environment.ts";
import * as operations from "../schemas/operation.ts";
import type { RouteSpec } from "./route-spec.ts";

export const environmentsRoutes = {
  listEnvironments: {
    method: "GET",
    path: "/api/v1/environments",
    tag: "server",
    summary: "Python environments on the server's disk, newest first",
    scope: "read",
    query: pageQuery,
    status: 200,
    answer: environments.environmentPage,
    errors: ["invalid_request"],
  },
  verifyEnvironments: {
    method: "POST",
    path: "/api/v1/environments/verify",
    tag: "server",
    summary: "Compare the files of an environment with the packages they came in; the operation's result is the report",
    scope: "admin",
    body: environments.environmentVerifyRequest,
    status: 202,
    answer: operations.operation,
    errors: ["not_found"],
  },
  pruneEnvironments: {
    method: "POST",
    path: "/api/v1/environments/prune",
    tag: "server",
    summary: "Take away environments that no version needs; the operation's result is the report",
    scope: "admin",
    body: environments.environmentPruneRequest,
    status: 202,
    answer: operations.operation,
    errors: [],
  },
  rebuildEnvironment: {
    method: "POST",
    path: "/api/v1/environments/{hash}/rebuild",
    tag: "server",
    summary: "Make an environment anew from its lock; the operation's result is the environment",
    scope: "admin",
    body: environments.environmentRebuildRequest,
    status: 202,
    answer: operations.operation,
    errors: ["not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
