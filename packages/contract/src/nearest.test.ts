import { expect, test } from "vitest";
import { editDistance, findNearest } from "./nearest.ts";

test("edit distance counts insertions, deletions, substitutions and swaps", () => {
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("orgiin", "origin")).toBe(1);
  expect(editDistance("same", "same")).toBe(0);
});

test("the nearest name, or none where none is near", () => {
  expect(findNearest("Orgin", ["destination", "origin", "hour"])).toBe("origin");
  expect(findNearest("xyz", ["destination", "origin", "hour"])).toBeNull();
  expect(findNearest("x".repeat(1_000_000), ["x"])).toBeNull();
});
