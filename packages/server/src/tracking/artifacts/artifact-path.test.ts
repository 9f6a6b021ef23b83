import { describe, expect, test } from "vitest";
import { findArtifactFolder, joinArtifactPath, parseArtifactFile, parseArtifactPath } from "./artifact-path.ts";

const twice = (text: string) => encodeURIComponent(encodeURIComponent(text));

describe("a path of artifacts", () => {
  test.each([
    ["1/run/artifacts/model.pkl", "1/run/artifacts/model.pkl"],
    ["a//b/./c/", "a/b/c"],
    ["", ""],
    ["sub dir/f ü.bin", "sub dir/f ü.bin"],
    ["sub%20dir/f", "sub dir/f"],
    ["100%/x%zz", "100%/x%zz"],
    ["%ff/x", "%ff/x"],
    ["..a/b../.../c", "..a/b../.../c"],
    ["loss:v1.json", "loss:v1.json"],
  ])("%j is %j", (given, path) => expect(parseArtifactPath(given)).toBe(path));

  const refused = ["..", "../x", "a/../b", "a/..", "/etc/passwd", "//etc", "..\\x", "a\\..\\b", "C:/x", "C:\\x", "c:x"];
  const more = ["file:///etc/passwd", "file:x", "s3://bucket/x", "http://h/x", "a\0b", "a\nb", "a#b", "\ud800"];
  test.each([
    ...refused,
    ...more,
    ...["..", "../x", "/etc/passwd", "a\\b", "a#b"].flatMap((path) => [encodeURIComponent(path), twice(path)]),
    "%2e%2e/x",
    "%2E%2e%2fx",
    "%252e%252e/x",
    "%25252e%25252e/x",
    ".%2e/x",
    "a/%2e%2e",
    "a/%5c..",
    "x".repeat(1025),
    "x/".repeat(3000),
    `${"%25".repeat(1)}${"25".repeat(12)}2e`,
  ])("%j is refused", (given) => {
    expect(() => parseArtifactPath(given)).toThrow(
      expect.objectContaining({ code: "invalid_request", message: "Invalid path" }),
    );
  });

  test("of a file has a name", () => {
    expect(parseArtifactFile("a/b/c.txt")).toEqual({ folder: "a/b", name: "c.txt" });
    expect(parseArtifactFile("c.txt")).toEqual({ folder: "", name: "c.txt" });
    for (const given of ["", "a/", "a/.", "%2f"]) expect(() => parseArtifactFile(given)).toThrow("Invalid path");
  });
});

test.each([
  ["mlflow-artifacts:/1/run/artifacts", "1/run/artifacts"],
  ["mlflow-artifacts:/", ""],
  ["mlflow-artifacts://host:5000/1/run", "1/run"],
  ["http://h:5000/api/2.0/mlflow-artifacts/artifacts/1/r", "1/r"],
  ["https://h/ml/api/2.0/mlflow-artifacts/artifacts", ""],
  ["s3://bucket/1", null],
  ["file:///tmp/x", null],
  ["/tmp/x", null],
  ["http://h/elsewhere", null],
])("the files of %j lie in %j", (uri, folder) => expect(findArtifactFolder(uri)).toBe(folder));

test("paths are joined below a folder", () => {
  expect([joinArtifactPath("a", "b"), joinArtifactPath("", "b"), joinArtifactPath("a", "")]).toEqual(["a/b", "b", "a"]);
});
