import * as common from "../schemas/common.ts";
import * as operations from "../schemas/operation.ts";
import * as server from "../schemas/server.ts";
import type { RouteSpec } from "./route-spec.ts";

export const serverRoutes = {
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
} as const satisfies Record<string, RouteSpec>;
