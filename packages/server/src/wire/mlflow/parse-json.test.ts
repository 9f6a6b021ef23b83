import { expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";

test.each([
  ['{"a": NaN, "b": [-Infinity, Infinity]}', { a: "NaN", b: ["-Infinity", "Infinity"] }],
  ['{"NaN": "a \\" NaN", "b": NaN}', { NaN: 'a " NaN', b: "NaN" }],
  ['{"a": 1}', { a: 1 }],
  ["{", undefined],
  ["", undefined],
  ['{"a": NaN, "b": "unclosed \\" NaN', undefined],
  ['{"a": NaN, "b": "unclosed \\', undefined],
])("%s", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test("what never ends is read once", () => {
  // Looked at anew from each quote, this would take minutes.
  expect(parseJson(`"${'\\"'.repeat(1_000_000)}`)).toBeUndefined();
});
