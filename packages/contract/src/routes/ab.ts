import * as ab from "../schemas/ab.ts";
import type { RouteSpec } from "./route-spec.ts";

export const abRoutes = {
  reportAb: {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/ab",
    tag: "rollouts",
    summary: "How the arms of the newest split do: users against users, in intervals that may be looked at at any time",
    scope: "read",
    body: ab.abRequest,
    status: 200,
    answer: ab.abReport,
    errors: ["endpoint_not_found", "precondition_failed", "invalid_request"],
  },
} as const satisfies Record<string, RouteSpec>;
