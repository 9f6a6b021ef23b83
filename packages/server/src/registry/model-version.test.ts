import { expect, test } from "vitest";
import { checkNewVersion } from "./model-version.ts";
import { newVersion, shaOf } from "./testing/new-version.ts";

test("a whole version is taken", () => checkNewVersion(newVersion()));

test.each([
  ["invalid_name", { model: "not/a/name" }],
  ["invalid_request", { digest: "abc" }],
  ["invalid_request", { entry: "other.onnx" }],
  ["invalid_request", { files: [] }],
  ["invalid_request", { files: [{ path: "../model.onnx", sha256: shaOf("a"), size: 1 }] }],
  ["invalid_request", { files: [{ path: "model.onnx", sha256: "A".repeat(64), size: 1 }] }],
  ["invalid_request", { files: [{ path: "model.onnx", sha256: shaOf("a"), size: 0.5 }] }],
])("%s is thrown for %j", (code, change) => {
  expect(() => checkNewVersion(newVersion(change))).toThrow(expect.objectContaining({ code }));
});
