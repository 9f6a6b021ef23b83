import fc from "fast-check";
import { expect, test } from "vitest";
import { findDisagreement } from "./agreement.ts";

const ours = { labels: [2, 0], numbers: [0.25, 0.75] };

test("answers agree within 1e-5, whether or not a peer tells labels", () => {
  expect(findDisagreement(ours, { labels: [2, 0], numbers: [0.250_009, 0.749_991] })).toBe(null);
  expect(findDisagreement(ours, { labels: null, numbers: [0.25, 0.75] })).toBe(null);
});

test.each([
  [{ labels: [2, 1], numbers: [0.25, 0.75] }, "labels 2, 1 instead of 2, 0"],
  [{ labels: [2], numbers: [0.25, 0.75] }, "labels 2 instead of 2, 0"],
  [{ labels: null, numbers: [0.25, 0.750_011] }, "number 1 is 0.750011 instead of 0.75"],
  [{ labels: null, numbers: [0.25, Number.NaN] }, "number 1 is NaN instead of 0.75"],
  [{ labels: null, numbers: [0.25] }, "1 numbers instead of 2"],
])("%j does not agree", (theirs, why) => {
  expect(findDisagreement(ours, theirs)).toBe(why);
});

test("one number that is off by more is always found", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 }), fc.nat(), (numbers, seed) => {
      const at = seed % numbers.length;
      const other = numbers.with(at, numbers[at]! + 2e-5);
      expect(findDisagreement({ labels: null, numbers }, { labels: null, numbers })).toBe(null);
      expect(findDisagreement({ labels: null, numbers }, { labels: null, numbers: other })).toContain(`number ${at}`);
    }),
  );
});
