import fc from "fast-check";
import { expect, test } from "vitest";
import { createBucket, describeRate, parseRate, toRateText } from "./rate.ts";

test.each([
  ["100/s", undefined, { requests: 100, unit: "s", burst: 100 }],
  ["60/m", "5", { requests: 60, unit: "m", burst: 5 }],
  ["1000000/h", "1", { requests: 1_000_000, unit: "h", burst: 1 }],
])("%s with burst %s", (text, burst, rate) => {
  expect(parseRate(text, burst)).toEqual(rate);
  expect(toRateText(parseRate(text, burst))).toBe(text);
});

test.each(["", "100", "0/s", "-1/s", "1.5/s", "100/d", "100 / s", "1000001/s", "1e3/s"])("%j is no rate", (text) => {
  expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test.each(["0", "-1", "1.5", "many", "", "1000001"])("%j is no burst", (burst) => {
  expect(() => parseRate("1/s", burst)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test("a rate in words", () => {
  expect(["1/s", "60/m", "2/h"].map((text) => describeRate(parseRate(text)))).toEqual([
    "1 request a second",
    "60 requests a minute",
    "2 requests an hour",
  ]);
});

const rates = fc.record({
  requests: fc.integer({ min: 1, max: 10_000 }),
  unit: fc.constantFrom("s" as const, "m" as const, "h" as const),
  burst: fc.integer({ min: 1, max: 100 }),
});
const gaps = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 200 });

test("no stretch of time has more than its burst and what flows in", () => {
  fc.assert(
    fc.property(rates, gaps, (rate, steps) => {
      const bucket = createBucket(rate);
      const perMs = rate.requests / { s: 1_000, m: 60_000, h: 3_600_000 }[rate.unit];
      let now = 12_345;
      const taken: number[] = [];
      for (const step of steps) {
        now += step;
        if (bucket.take(now) === 0) taken.push(now);
      }
      taken.forEach((from, first) => {
        const [until, count] = [taken.at(-1) ?? from, taken.length - first];
        expect(count).toBeLessThanOrEqual(rate.burst + (until - from) * perMs + 0.01);
      });
    }),
  );
});

test("a full bucket gives its burst at once, and who waits as long as he is told gets the next one", () => {
  fc.assert(
    fc.property(rates, (rate) => {
      const bucket = createBucket(rate);
      for (let i = 0; i < rate.burst; i++) expect(bucket.take(1_000)).toBe(0);
      const wait = bucket.take(1_000);
      expect(wait).toBeGreaterThan(0);
      expect(bucket.take(1_000 + wait)).toBe(0);
      expect(bucket.take(1_000 + wait)).toBeGreaterThan(0);
    }),
  );
});
