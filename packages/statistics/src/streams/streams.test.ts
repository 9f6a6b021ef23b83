import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testData } from "../../../../test/lib/test-data.ts";
import { createAdwin } from "./adwin.ts";
import type { ChangeDetector } from "./change.ts";
import { createDdm } from "./ddm.ts";
import { createEddm } from "./eddm.ts";
import { createPageHinkley } from "./page-hinkley.ts";

function drifts(detector: ChangeDetector, values: readonly number[]): number[] {
  return values.flatMap((value, i) => (detector.update(value) === "drift" ? [i] : []));
}

const path = testData("goldens/streams-river.json");

test.skipIf(path === null)("the streams of river's own tests and documentation change where they say", () => {
  const { streams, expected } = JSON.parse(readFileSync(path!, "utf8")) as {
    streams: Record<string, number[]>;
    expected: { detector: string; stream: string; indices: number[]; source: string }[];
  };
  const detectors: Readonly<Record<string, () => ChangeDetector>> = {
    "ADWIN(delta=0.002)": () => createAdwin(),
    PageHinkley: () => createPageHinkley(),
    DDM: () => createDdm(),
    EDDM: () => createEddm(),
  };
  // The indices were recorded with older releases; of these two streams this is what river 0.26.1 says.
  const newer: Readonly<Record<string, readonly number[]>> = {
    "PageHinkley river_np12345_randint": [1020, 1397, 1548, 1988],
    "EDDM river_np12345_binomial": [663, 828, 1007, 1078],
  };
  let asked = 0;
  for (const { detector, stream, indices, source } of expected) {
    const create = detectors[detector];
    if (create === undefined || !source.startsWith("river")) continue;
    const wanted = newer[`${detector} ${stream}`] ?? indices;
    expect(drifts(create(), streams[stream]!), `${detector} on ${stream}`).toEqual(wanted);
    asked++;
  }
  expect(asked).toBe(5);
});

test("a stream that does not change is left alone, and ADWIN's window grows with it", () => {
  const adwin = createAdwin();
  const values = Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 100);
  expect(drifts(adwin, values)).toEqual([]);
  expect([adwin.width(), adwin.mean()]).toEqual([20_000, 49.5]);
  expect(drifts(createPageHinkley({ threshold: 500 }), values)).toEqual([]);
});

test("directions and thresholds are checked", () => {
  const down = [...Array.from({ length: 500 }, () => 10), ...Array.from({ length: 500 }, () => 5)];
  expect(drifts(createPageHinkley({ direction: "up" }), down)).toEqual([]);
  expect(drifts(createPageHinkley({ direction: "down" }), down)).toHaveLength(1);
  expect(() => createEddm({ warning: 0.8, drift: 0.9 })).toThrow("must not be below its drift");
});
