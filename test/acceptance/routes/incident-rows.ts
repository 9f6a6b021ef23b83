import { json, problem, type Row } from "./row.ts";

const gone = { code: "not_found", status: 404 };

/** In their order: a channel comes and goes. There is no incident, and an id of something else is none. */
export const incidentRows: readonly Row[] = [
  { method: "GET", path: "/api/v1/incidents", status: 200, type: json, body: { items: [], next: null } },
  { method: "GET", path: "/api/v1/incidents/{id}", status: 404, type: problem, body: gone },
  ...["acknowledge", "unmute", "resolve"].map((verb): Row => {
    return {
      method: "POST",
      path: `/api/v1/incidents/{id}/${verb}`,
      send: { json: {} },
      status: 404,
      type: problem,
      body: gone,
    };
  }),
  {
    method: "POST",
    path: "/api/v1/incidents/{id}/mute",
    send: { json: { for_ms: 1_000 } },
    status: 404,
    type: problem,
    body: gone,
  },
  {
    method: "POST",
    path: "/api/v1/channels",
    send: { json: { name: "routed", kind: "pagerduty", secret: "R1", url: "https://93.184.215.14/v2/enqueue" } },
    status: 201,
    type: json,
    body: { name: "routed", kind: "pagerduty", pending: 0, min_severity: "warning" },
  },
  { method: "GET", path: "/api/v1/channels", status: 200, type: json, body: { next: null } },
  { method: "GET", path: "/api/v1/channels/{channel}", status: 200, type: json, body: { name: "routed" } },
  {
    method: "POST",
    path: "/api/v1/channels/{channel}/test",
    send: { json: { loud: true } },
    status: 400,
    type: problem,
    body: { code: "invalid_request" },
  },
  { method: "DELETE", path: "/api/v1/channels/{channel}", send: { json: {} }, status: 204, type: null },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/monitor/backtest",
    send: { json: { days: 1 } },
    status: 202,
    type: json,
    body: { kind: "backtest" },
  },
];
