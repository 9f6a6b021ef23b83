import { expect, test } from "vitest";
import { sampleRecord, toCurl } from "./example.ts";

test("a sample is what the signature accepts", () => {
  const spec = { shape: [-1], nullable: false };
  const inputs = [
    { ...spec, name: "origin", datatype: "BYTES" },
    { ...spec, name: "hour", datatype: "INT64", range: [5, 23] as [number, number] },
    { ...spec, name: "share", datatype: "FP32" },
    { ...spec, name: "flag", datatype: "BOOL", shape: [-1, 1] },
    { ...spec, name: "grid", datatype: "FP32", shape: [-1, 2, 2] },
  ];
  const record = sampleRecord({ inputs, outputs: [], packed: null, batched: true });
  expect(record).toEqual({
    origin: "text",
    hour: 5,
    share: 0,
    flag: false,
    grid: [
      [0, 0],
      [0, 0],
    ],
  });
});

test("curl can be pasted, and never shows the token", () => {
  expect(toCurl("http://x/p", { a: "it's" }, true)).toBe(
    `curl -s 'http://x/p' -H 'content-type: application/json' -H "authorization: Bearer $SLIPWAY_TOKEN" -d '{"a":"it'\\''s"}'`,
  );
});
