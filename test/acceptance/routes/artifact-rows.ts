import { expect } from "vitest";
import { json, type Row } from "./row.ts";

const root = "/api/2.0/mlflow-artifacts";
const file = `${root}/artifacts/9/run/artifacts/a.txt`;
const noRun = { error_code: "RESOURCE_DOES_NOT_EXIST" };
const invalid = { error_code: "INVALID_PARAMETER_VALUE" };
const mpu = (verb: string) => `${root}/mpu/${verb}/9/run/artifacts`;

/** In their order: a file comes and goes. */
export const artifactRows: readonly Row[] = [
  {
    method: "PUT",
    path: file,
    send: { body: "hello", headers: { "content-type": "text/plain" } },
    status: 200,
    type: json,
    body: {},
  },
  { method: "GET", path: file, status: 200, type: "text/plain", body: /^hello$/ },
  { method: "GET", path: file.replace("/api/", "/ajax-api/"), status: 200, type: "text/plain", body: /^hello$/ },
  {
    method: "GET",
    path: `${root}/artifacts`,
    query: "?path=9/run/artifacts",
    status: 200,
    type: json,
    body: { files: [{ path: "a.txt", is_dir: false, file_size: 5 }] },
  },
  { method: "DELETE", path: file, send: { json: {} }, status: 200, type: json, body: {} },
  { method: "GET", path: file, status: 404, type: json, body: noRun },
  {
    method: "POST",
    path: mpu("create"),
    send: { json: { path: "big", num_parts: 2 } },
    status: 200,
    type: json,
    body: { upload_id: expect.any(String), credentials: [{ part_number: 1 }, { part_number: 2 }] },
  },
  {
    method: "POST",
    path: mpu("complete"),
    send: { json: { path: "big", upload_id: "none", parts: [] } },
    status: 404,
    type: json,
    body: noRun,
  },
  { method: "POST", path: mpu("abort"), send: { json: { path: "big", upload_id: "none" } }, status: 200, type: json },
  { method: "PUT", path: `${root}/mpu/parts/none/1`, send: { body: "x" }, status: 404, type: json, body: noRun },
  { method: "GET", path: `${root}/presigned/9/x`, status: 501, type: json, body: { error_code: "NOT_IMPLEMENTED" } },
  {
    method: "GET",
    path: "/api/2.0/mlflow/artifacts/list",
    query: "?run_id=none",
    status: 404,
    type: json,
    body: noRun,
  },
  { method: "GET", path: "/get-artifact", query: "?run_id=none&path=x", status: 404, type: json, body: noRun },
  { method: "GET", path: "/get-artifact", query: "?run_id=none", status: 400, type: json, body: invalid },
  {
    method: "GET",
    path: "/model-versions/get-artifact",
    query: "?name=flight-delay&version=2&path=model.onnx",
    status: 200,
    type: "application/octet-stream",
  },
  {
    method: "POST",
    path: "/api/2.0/mlflow/upload-artifact",
    query: "?run_uuid=none&path=x",
    send: { body: "x" },
    status: 404,
    type: json,
    body: noRun,
  },
  {
    method: "GET",
    path: "/api/2.0/mlflow/logged-models/m-0/artifacts/directories",
    status: 404,
    type: json,
    body: noRun,
  },
  {
    method: "GET",
    path: "/ajax-api/2.0/mlflow/logged-models/m-0/artifacts/files",
    query: "?artifact_file_path=x",
    status: 404,
    type: json,
    body: noRun,
  },
];
