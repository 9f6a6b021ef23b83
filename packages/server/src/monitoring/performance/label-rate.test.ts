import { expect, test } from "vitest";
import { rateOfLabels } from "./label-rate.ts";
import { arrivalBounds } from "./measure-window.ts";
import type { PerformanceWindow } from "./performance-window.ts";

const hour = 3_600_000;

/** Labels come within an hour for some of the rows, within a day for others. */
function toWindow(index: number, { rows = 1000, soon = 300, later = 400 } = {}): PerformanceWindow {
  const counts = [...arrivalBounds, Infinity].map((bound) => (bound === hour ? soon : bound === 24 * hour ? later : 0));
  return {
    watched: { endpoint: "e", model: "m", version: 1 },
    window: { from: index * hour, to: (index + 1) * hour },
    slice: "",
    problem: "binary",
    target: { kind: "binary", prediction: "late", classes: ["no", "yes"], scores: [] },
    rows,
    labelled: soon + later,
    unusable: 0,
    state: "final",
    realised: {},
    estimated: {},
    groups: [],
    custom: {},
    arrivals: { counts },
    fingerprint: "",
    computedAt: 0,
  };
}

const newestFirst = (count: number, options?: (i: number) => Parameters<typeof toWindow>[1]) =>
  Array.from({ length: count }, (_, i) => toWindow(i, options?.(i))).toReversed();

test("the newest windows are held against earlier ones at the same age, at which half of the labels have come", () => {
  const now = 60 * hour;
  const rate = rateOfLabels(newestFirst(59), now);
  expect(rate).toMatchObject({ age: 24 * hour, share: 0.7, expected: 0.7 });
  // Labels of the last day are not due yet: what they lack is no loss.
  const young = newestFirst(59, (i) => (i >= 40 ? { later: 0 } : {}));
  expect(rateOfLabels(young, now)).toMatchObject({ share: 0.7 });
});

test("labels that stop coming are less than chance explains; ups and downs that were always there are not", () => {
  const now = 60 * hour;
  const stopped = rateOfLabels(
    newestFirst(59, (i) => (i >= 30 ? { soon: 50, later: 50 } : {})),
    now,
  )!;
  expect(stopped.share).toBeCloseTo(0.1, 12);
  expect(stopped.share).toBeLessThan(stopped.least);
  const uneven = rateOfLabels(
    newestFirst(59, (i) => ({ later: i % 2 === 0 ? 100 : 600 })),
    now,
  )!;
  expect(uneven.share).toBeGreaterThan(uneven.least);
});

test("nothing is said where labels never come, or too few windows are old enough", () => {
  expect(
    rateOfLabels(
      newestFirst(59, () => ({ soon: 0, later: 0 })),
      60 * hour,
    ),
  ).toBeNull();
  expect(rateOfLabels(newestFirst(8), 60 * hour)).toBeNull();
  expect(rateOfLabels([], 60 * hour)).toBeNull();
});
