import { expect, test } from "vitest";
import { changeText } from "./changes.ts";

test("a short change is one line, a long one stands below its name", () => {
  expect(changeText({ path: "target.version", from: 1, to: 2 })).toBe("target.version: 1 -> 2");
  expect(changeText({ path: "log.key", from: null, to: "id" })).toBe('log.key: null -> "id"');
  const long = "x".repeat(80);
  expect(changeText({ path: "a", from: long, to: 1 })).toBe(`a\n  - "${long}"\n  + 1`);
  expect(changeText({ path: "a", to: 1 })).toBe("a\n  + 1");
  expect(changeText({ path: "a", from: 1 })).toBe("a\n  - 1");
});
