import { expect, test } from "vitest";
import { toMlflowPath } from "./paths.ts";

test.each([
  ["/api/2.0/mlflow/runs/get?run_id=//x", "/api/2.0/mlflow/runs/get?run_id=//x"],
  ["/ajax-api/2.0/mlflow/runs/get?a=/ajax-api/", "/api/2.0/mlflow/runs/get?a=/ajax-api/"],
  ["/mlflow/ajax-api/3.0/mlflow/server-info", "/api/3.0/mlflow/server-info"],
  ["/mlflow/api/2.0/mlflow/runs/get", "/api/2.0/mlflow/runs/get"],
  ["/mlflow/get-artifact?path=a", "/get-artifact?path=a"],
  ["/mlflow/model-versions/get-artifact", "/model-versions/get-artifact"],
  ["/mlflow/graphql", "/graphql"],
  ["//model-versions/get-artifact?name=a", "/model-versions/get-artifact?name=a"],
  ["///api/2.0/mlflow/runs/get", "/api/2.0/mlflow/runs/get"],
  ["/ajax-api/2.0mlflow/experiments/search-datasets", "/api/2.0/mlflow/experiments/search-datasets"],
  ["/api/v1/models", "/api/v1/models"],
  ["/mlflow/", "/mlflow/"],
  ["/mlflow/static-files/get-artifact.js", "/mlflow/static-files/get-artifact.js"],
  ["/mlflow/versions", "/mlflow/versions"],
  ["/", "/"],
])("%s is %s", (url, path) => {
  expect(toMlflowPath(url)).toBe(path);
});
