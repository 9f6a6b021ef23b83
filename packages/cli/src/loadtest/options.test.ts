import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { parseLoadtestOptions } from "./options.ts";

const parse = (options: Readonly<Record<string, string>>, address = "m") =>
  parseLoadtestOptions({ args: [address], options, rest: [] });

test("without anything it looks for the knee within half a minute", () => {
  expect(parse({})).toMatchObject({
    endpoint: "m",
    mode: { kind: "knee" },
    arrivals: "poisson",
    durationMs: 30_000,
    warmUpMs: 1_000,
    sloMs: 50,
    sloGiven: false,
    batch: null,
    face: "predict",
  });
});

test("each load by its option", () => {
  expect(parse({ rate: "200/s", duration: "2m", slo: "5ms" }, "m@2")).toMatchObject({
    pin: 2,
    mode: { kind: "rate", perSecond: 200 },
    durationMs: 120_000,
    sloMs: 5,
    sloGiven: true,
  });
  expect(parse({ concurrency: "16" }).mode).toEqual({ kind: "closed", concurrency: 16 });
  expect(parse({ trace: "t.csv", speed: "2.5" })).toMatchObject({
    mode: { kind: "trace", file: "t.csv", speed: 2.5 },
    durationMs: null,
  });
});

test.each([
  { rate: "0" },
  { rate: "fast" },
  { rate: "1e9" },
  { rate: "10", concurrency: "2" },
  { trace: "t", rate: "1" },
  { speed: "2" },
  { concurrency: "1.5" },
  { batch: "0" },
  { duration: "30" },
  { duration: "-1s" },
  { slo: "0ms" },
  { warmup: "soon" },
  { seed: "x" },
])("%j is refused", (options) => {
  expect(() => parse(options as Record<string, string>)).toThrow(UsageError);
});
