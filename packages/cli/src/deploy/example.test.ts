import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleRecord, toCurl, toPredict } from "./example.ts";

const spec = { shape: [-1], nullable: false };

test("a sample is plausible: the middle of a range, a text", () => {
  const inputs = [
    { ...spec, name: "origin", datatype: "BYTES" },
    { ...spec, name: "hour", datatype: "INT64", range: [5, 23] as [number, number] },
    { ...spec, name: "distance", datatype: "FP32", range: [0, 0.3] as [number, number] },
    { ...spec, name: "share", datatype: "FP32" },
    { ...spec, name: "flag", datatype: "BOOL", shape: [-1, 1] },
    { ...spec, name: "grid", datatype: "FP32", shape: [-1, 2, 2] },
  ];
  const record = sampleRecord({ inputs, outputs: [], packed: null, batched: true });
  expect(record).toEqual({
    origin: "text",
    hour: 14,
    distance: 0.15,
    share: 0,
    flag: false,
    grid: [
      [0, 0],
      [0, 0],
    ],
  });
});

test("where a dimension is free, one value is a list, too", () => {
  const inputs = [{ ...spec, name: "X", datatype: "FP32", shape: [-1, 1] }];
  const signature = { inputs, outputs: [], packed: null };
  expect(sampleRecord({ ...signature, batched: false })).toEqual({ X: [[0]] });
  expect(sampleRecord({ ...signature, batched: true })).toEqual({ X: 0 });
  const open = [{ ...spec, name: "X", datatype: "FP32", shape: [-1, -1] }];
  expect(sampleRecord({ ...signature, inputs: open, batched: true })).toEqual({ X: [0] });
});

test("a number is always in its range", () => {
  const bounds = fc.tuple(
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    fc.double({ noNaN: true, min: 0, max: 1e9 }),
  );
  fc.assert(
    fc.property(bounds, fc.constantFrom("FP32", "INT64"), ([low, width], datatype) => {
      const range: [number, number] =
        datatype === "FP32" ? [low, low + width] : [Math.floor(low), Math.floor(low + width)];
      const signature = { inputs: [{ ...spec, name: "x", datatype, range }], outputs: [], packed: null, batched: true };
      const value = Number(sampleRecord(signature).x);
      expect(value).toBeGreaterThanOrEqual(range[0]);
      expect(value).toBeLessThanOrEqual(range[1]);
      expect(datatype === "FP32" || Number.isInteger(value)).toBe(true);
    }),
  );
});

test("the commands can be pasted, and never show the token", () => {
  const record = { a: "it's" };
  expect(toCurl("http://x/p", record, true)).toBe(
    `curl -s 'http://x/p' -H 'content-type: application/json' -H "authorization: Bearer $SLIPWAY_TOKEN" -d '{"a":"it'\\''s"}'`,
  );
  expect(toPredict("f", record, undefined)).toBe(`slipway predict f --data '{"a":"it'\\''s"}'`);
  expect(toPredict("f", {}, "http://x")).toBe(`slipway predict f --url 'http://x' --data '{}'`);
});
