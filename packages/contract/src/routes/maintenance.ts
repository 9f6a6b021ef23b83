import * as gc from "../schemas/gc.ts";
import * as operations from "../schemas/operation.ts";
import * as replay from "../schemas/replay.ts";
import type { RouteSpec } from "./route-spec.ts";

export const maintenanceRoutes = {
  createReplay: {
    method: "POST",
    path: "/api/v1/replays",
    tag: "predictions",
    summary: "Run predictions on record again and compare; the operation's result tells what was found",
    // It loads versions, deleted ones too, and costs their time: more than looking at what is there.
    scope: "deploy",
    body: replay.replayRequest,
    status: 202,
    answer: operations.operation,
    errors: ["endpoint_not_found", "prediction_not_found", "version_not_found", "alias_not_found", "not_replayable"],
  },
  collectGarbage: {
    method: "POST",
    path: "/api/v1/gc",
    tag: "server",
    summary: "Take away files that nothing needs any more; the operation's result is the report",
    scope: "admin",
    body: gc.gcRequest,
    status: 202,
    answer: operations.operation,
    errors: [],
  },
} as const satisfies Record<string, RouteSpec>;
