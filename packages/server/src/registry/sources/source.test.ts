import { expect, test } from "vitest";
import { parseSource } from "./source.ts";

const id = "m-0123456789abcdef0123456789abcdef";

test.each([
  [`models:/${id}`, { kind: "logged_model", id }],
  ["models:/Churn Model/12", { kind: "version", model: "Churn Model", wanted: { by: "number", version: 12 } }],
  ["models:/churn@champion", { kind: "version", model: "churn", wanted: { by: "alias", alias: "champion" } }],
  ["models:/churn/latest", { kind: "version", model: "churn", wanted: { by: "latest" } }],
  ["models:/churn/Production", { kind: "version", model: "churn", wanted: { by: "stage", stage: "Production" } }],
  ["runs:/abc123/model", { kind: "run", runId: "abc123", path: "model" }],
  ["runs:/abc123/deep//model.onnx/", { kind: "run", runId: "abc123", path: "deep/model.onnx" }],
  [
    "mlflow-artifacts:/1/abc/artifacts/m",
    { kind: "location", uri: "mlflow-artifacts:/1/abc/artifacts/m", isLocal: false },
  ],
  ["s3://bucket/..key/x", { kind: "location", uri: "s3://bucket/..key/x", isLocal: false }],
  ["/srv/models/x", { kind: "location", uri: "/srv/models/x", isLocal: true }],
  ["C:\\models\\x", { kind: "location", uri: "C:\\models\\x", isLocal: true }],
])("%s is understood", (uri, source) => {
  expect(parseSource(uri)).toEqual(source);
});

test.each([
  "models:/",
  "models:/churn",
  "models:/churn@",
  "models:/a/b/c",
  "models://host/a/1",
  "models:/a/ ",
  "runs:/",
  "runs:/abc",
  "runs://host/abc/m",
])("%s is refused", (uri) => {
  expect(() => parseSource(uri)).toThrow(/Not a proper (models|runs):\/ URI/);
});

test.each([
  "mlflow-artifacts:/../secret",
  "mlflow-artifacts:/1/%2e%2e/2",
  "mlflow-artifacts:/1/%252e%252e/2",
  "mlflow-artifacts:/1/..%2f..%2fetc",
  "mlflow-artifacts:/1/%2E./etc",
  "mlflow-artifacts:/1/..%5c..%5cetc",
  "http://host/api/2.0/mlflow-artifacts/artifacts/%00",
  "file:///srv/models/../../etc/passwd",
  "s3://bucket/a/../b",
  "..",
  "runs:/abc/../def",
  "runs:/abc/%2e%2e%2fdef",
  "models:/../x/1",
  "/srv/..\\etc",
  "mlflow-artifacts:/1/%ff%2e%2e/%2e%2e/x",
])("what leads upwards is refused: %s", (uri) => {
  expect(() => parseSource(uri)).toThrow(/without relative path references/);
});
