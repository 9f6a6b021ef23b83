import { isAbsolute, join, relative, sep, win32 } from "node:path";
import { assert, constantFrom, array, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { checkFilePaths, parseFilePath } from "./file-path.ts";

const good = ["model.onnx", "weights/part-1.bin", "a b/ü.txt", ".hidden", "..data", "a...b", "%2e%2e/x"];
const bad = [
  "",
  ".",
  "..",
  "../x",
  "a/../x",
  "a/..",
  "./x",
  "a//b",
  "/etc/passwd",
  "//host/share",
  "a/",
  "a\\b",
  "..\\x",
  "\\\\host\\share",
  "C:/x",
  "c:x",
  "a/c:x",
  "a\0b",
  "a\nb",
  "a/...",
  "a/.. /x",
  "x.",
  "x ",
  " ",
  "\ud800",
  "x".repeat(256),
  "a/".repeat(600) + "b",
];

test.each(good)("takes %j", (path) => expect(parseFilePath(path)).toBe(path));
test.each(bad)("refuses %j", (path) => expect(() => parseFilePath(path)).toThrow("is refused"));

test("whatever is taken stays inside the folder, here and on Windows", () => {
  const part = oneof(constantFrom("..", ".", "/", "\\", "C:", "\0", " ", "a", "é"), string({ maxLength: 3 }));
  assert(
    property(array(part, { maxLength: 6 }), (parts) => {
      const path = parts.join("");
      try {
        parseFilePath(path);
      } catch {
        return true;
      }
      const inside = relative("/folder", join("/folder", path));
      const insideWindows = win32.relative("D:\\folder", win32.resolve("D:\\folder", path));
      return (
        !isAbsolute(inside) &&
        inside.split(sep)[0] !== ".." &&
        inside === path &&
        !win32.isAbsolute(insideWindows) &&
        insideWindows.split("\\")[0] !== ".."
      );
    }),
    { numRuns: 2000 },
  );
});

test("refuses packages whose files would lie on each other", () => {
  checkFilePaths(["a", "b/c", "b/d", "ab"]);
  expect(() => checkFilePaths(["a", "b", "a"])).toThrow("Two files");
  expect(() => checkFilePaths(["Model.onnx", "model.ONNX"])).toThrow("Two files");
  expect(() => checkFilePaths(["a/b/c", "a"])).toThrow("both a file and a folder");
});
