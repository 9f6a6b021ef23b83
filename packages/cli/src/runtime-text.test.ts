import { expect, test } from "vitest";
import { runtimeText } from "./runtime-text.ts";

test("says which runtime serves, how it was proven and what it gains, or why it is not ONNX", () => {
  expect(runtimeText(null)).toBeNull();
  expect(runtimeText({ kind: "onnx" })).toBeNull();
  const original = { kind: "python", flavor: "sklearn" };
  const translation = {
    outcome: "proven",
    reason: "…",
    rows: 5950,
    originalMs: 3.02,
    translatedMs: 0.0161,
    worst: {
      output: "label",
      expected: "a",
      got: "a",
      row: 3,
    },
    packages: { skl2onnx: "1.20.0" },
  };
  expect(runtimeText({ kind: "onnx", original, translation })?.split("\n")).toEqual([
    "ONNX, translated from Python (sklearn)",
    "proven on 5950 rows",
    'worst difference: label "a" for "a"',
    "gain: a row in 0.016 instead of 3.0 ms (188 times as fast)",
    "translated by skl2onnx 1.20.0",
  ]);
  expect(runtimeText({ kind: "onnx", original, translation: { ...translation, worst: null } })).toContain(
    "worst difference: none, to the last bit",
  );
  const refused = { outcome: "refused", reason: "There is no training sample." };
  expect(runtimeText({ ...original, translation: refused })).toBe(
    "Python (sklearn)\nnot as ONNX: There is no training sample.",
  );
  expect(runtimeText({ kind: "remote", url: "http://triton:8000" })).toBe("remote: http://triton:8000");
});
