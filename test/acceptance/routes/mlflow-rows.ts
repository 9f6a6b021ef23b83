import { json, type Row } from "./row.ts";

/** What a request without any parameter comes to: the path is there. */
type Bare = readonly [method: Row["method"], path: string, code: string | null];

const missing = "INVALID_PARAMETER_VALUE";
const absent = "RESOURCE_DOES_NOT_EXIST";

/** Behind `/api/2.0/mlflow`. */
const bare: readonly Bare[] = [
  ["POST", "/experiments/create", missing],
  ["GET", "/experiments/get", missing],
  ["GET", "/experiments/get-by-name", missing],
  ["POST", "/experiments/search", null],
  ["GET", "/experiments/search", null],
  ["POST", "/experiments/search-datasets", missing],
  ["POST", "/experiments/delete", missing],
  ["POST", "/experiments/restore", missing],
  ["POST", "/experiments/update", missing],
  ["POST", "/experiments/set-experiment-tag", missing],
  ["POST", "/experiments/delete-experiment-tag", missing],
  ["POST", "/runs/create", null],
  ["POST", "/runs/update", missing],
  ["GET", "/runs/get", missing],
  ["POST", "/runs/delete", missing],
  ["POST", "/runs/restore", missing],
  ["POST", "/runs/log-metric", missing],
  ["POST", "/runs/log-parameter", missing],
  ["POST", "/runs/log-batch", missing],
  ["POST", "/runs/set-tag", missing],
  ["POST", "/runs/delete-tag", missing],
  ["POST", "/runs/log-inputs", missing],
  ["POST", "/runs/outputs", missing],
  ["POST", "/runs/log-model", missing],
  ["POST", "/runs/search", null],
  ["GET", "/metrics/get-history", missing],
  ["GET", "/metrics/get-history-bulk", missing],
  ["GET", "/metrics/get-history-bulk-interval", missing],
  ["GET", "/artifacts/list", missing],
  ["POST", "/logged-models", missing],
  ["POST", "/logged-models/search", null],
  ["GET", "/logged-models/m-1", absent],
  ["PATCH", "/logged-models/m-1", missing],
  ["DELETE", "/logged-models/m-1", absent],
  ["PATCH", "/logged-models/m-1/tags", absent],
  ["DELETE", "/logged-models/m-1/tags/key", absent],
  ["POST", "/logged-models/m-1/params", absent],
  ["GET", "/logged-models/m-1/artifacts/directories", absent],
  ["POST", "/registered-models/create", missing],
  ["GET", "/registered-models/get", missing],
  ["GET", "/registered-models/search", null],
  ["PATCH", "/registered-models/update", missing],
  ["POST", "/registered-models/rename", missing],
  ["DELETE", "/registered-models/delete", missing],
  ["POST", "/registered-models/set-tag", missing],
  ["DELETE", "/registered-models/delete-tag", missing],
  ["POST", "/registered-models/get-latest-versions", missing],
  ["GET", "/registered-models/get-latest-versions", missing],
  ["POST", "/registered-models/alias", missing],
  ["DELETE", "/registered-models/alias", missing],
  ["GET", "/registered-models/alias", missing],
  ["POST", "/model-versions/create", missing],
  ["GET", "/model-versions/get", missing],
  ["GET", "/model-versions/get-download-uri", missing],
  ["GET", "/model-versions/search", null],
  ["PATCH", "/model-versions/update", missing],
  ["DELETE", "/model-versions/delete", missing],
  ["POST", "/model-versions/transition-stage", missing],
  ["POST", "/model-versions/set-tag", missing],
  ["DELETE", "/model-versions/delete-tag", missing],
  ["POST", "/webhooks", missing],
  ["GET", "/webhooks", null],
  ["GET", "/webhooks/none", absent],
  ["PATCH", "/webhooks/none", absent],
  ["DELETE", "/webhooks/none", absent],
  ["POST", "/webhooks/none/test", absent],
];

export const mlflow: readonly Row[] = [
  ...bare.map(([method, path, code]): Row => {
    const status = code === null ? 200 : code === absent ? 404 : 400;
    const known = { method, path: `/api/2.0/mlflow${path}`, status, type: json };
    return {
      ...known,
      body: code === null ? {} : { error_code: code },
      ...(method !== "GET" && { send: { json: {} } }),
    };
  }),
  { method: "GET", path: "/api/3.0/mlflow/server-info", status: 200, type: json, body: { workspaces_enabled: false } },
  { method: "GET", path: "/api/2.0/mlflow-artifacts/artifacts", status: 200, type: json },
  { method: "GET", path: "/api/2.0/mlflow-artifacts/artifacts/0/nothing", status: 404, type: json },
  { method: "GET", path: "/api/2.0/mlflow-artifacts/presigned/0/a", status: 501, type: json },
];

/** No part of MLflow that is spoken here: its clients look at the code, and go on without. */
export const unknownToMlflow: readonly Row[] = (
  [
    ["GET", "/api/3.0/mlflow/traces"],
    ["POST", "/api/3.0/mlflow/traces"],
    ["POST", "/api/2.0/mlflow/traces"],
    ["GET", "/api/2.0/mlflow/runs/create"],
    ["POST", "/ajax-api/2.0/mlflow/gateway-proxy"],
    ["POST", "/ajax-api/3.0/mlflow/anything"],
    ["GET", "/api/2.0/nothing"],
  ] as const
).map(([method, path]) => ({ method, path, status: 404, type: json, body: { error_code: "ENDPOINT_NOT_FOUND" } }));
