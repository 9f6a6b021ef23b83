import { json, problem, type Row } from "./row.ts";

const gone = { code: "not_found", status: 404 };
const start = "/api/v1/endpoints/{endpoint}/rollouts";

/** There is no rollout, and an id of something else is none: what one does is in rollouts.test.ts. */
export const rolloutRows: readonly Row[] = [
  { method: "GET", path: "/api/v1/rollouts", status: 200, type: json, body: { items: [], next: null } },
  {
    method: "GET",
    path: "/api/v1/rollouts",
    query: "?endpoint=flight-delay&state=active",
    status: 200,
    type: json,
    body: { items: [] },
  },
  { method: "GET", path: "/api/v1/rollouts", query: "?state=running", status: 400, type: problem },
  ...["", "/events", "/explain"].map((of): Row => {
    return { method: "GET", path: `/api/v1/rollouts/{id}${of}`, status: 404, type: problem, body: gone };
  }),
  {
    method: "POST",
    path: "/api/v1/rollouts/{id}/commands",
    send: { json: { kind: "abort" } },
    status: 404,
    type: problem,
    body: gone,
  },
  {
    method: "POST",
    path: "/api/v1/rollouts/{id}/commands",
    send: { json: { kind: "stop" } },
    status: 400,
    type: problem,
    body: { code: "invalid_request" },
  },
  {
    method: "POST",
    path: start,
    send: { json: { version: 1, dry_run: true } },
    status: 200,
    type: json,
    body: { rollout: null },
  },
  {
    method: "POST",
    path: start,
    send: { json: { version: 77 } },
    status: 404,
    type: problem,
    body: { code: "version_not_found" },
  },
  {
    method: "POST",
    path: start,
    send: { json: { version: 1, rollout: { steps: [{ traffic: "200%" }] } } },
    status: 400,
    type: problem,
    body: { code: "invalid_request", detail: /rollout\.steps\.0\.traffic/ },
  },
  {
    method: "POST",
    path: start,
    send: { json: { version: 1, rollout: { steps: [{ traffic: "10%" }, { traffic: "5%" }] } } },
    status: 400,
    type: problem,
    body: { code: "invalid_manifest", detail: /Shares only grow/ },
  },
  {
    method: "POST",
    path: start,
    send: { json: { version: 1, rollout: { guardrails: [{ metric: "erors" }], gaets: [] } } },
    status: 400,
    type: problem,
    // As slipway.yaml explains it.
    body: { code: "invalid_request", detail: /Did you mean|did you mean|meant/ },
  },
];
