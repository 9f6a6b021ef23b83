import * as operations from "../schemas/operation.ts";
import * as removal from "../schemas/run-removal.ts";
import type { RouteSpec } from "./route-spec.ts";

const common = {
  method: "POST",
  tag: "tracking",
  scope: "deploy",
  body: removal.runSelection,
  status: 202,
  answer: operations.operation,
  errors: ["experiment_not_found"],
} as const;

export const runRemovalRoutes = {
  deleteRuns: {
    ...common,
    path: "/api/v1/runs/delete",
    summary: "Delete many runs; they can be restored until a gc takes them",
  },
  restoreRuns: {
    ...common,
    path: "/api/v1/runs/restore",
    summary: "Restore many deleted runs",
  },
} as const satisfies Record<string, RouteSpec>;
