import fc from "fast-check";
import { expect, test } from "vitest";
import { addArrivals, type Arrivals, settledMs, slotMs, sumArrivals } from "./arrivals.ts";

test("of requests none is lost, and of stretches a few are kept, whatever comes in which order", () => {
  const slots = fc.array(fc.nat(40), { maxLength: 60 });
  fc.assert(
    fc.property(slots, fc.nat(40), (all, at) => {
      let arrivals: Arrivals = {};
      let newest = 0;
      for (const slot of all) {
        newest = Math.max(newest, slot);
        arrivals = addArrivals(arrivals, { [slot * slotMs]: { requests: 1, buckets: null } });
      }
      expect(Object.keys(arrivals).length).toBeLessThanOrEqual(2 + settledMs / slotMs);
      // Asked when the newest of them has begun, or later.
      const before = (newest + at) * slotMs - settledMs;
      const expected = all.filter((slot) => (slot + 1) * slotMs <= before).length;
      expect(sumArrivals(arrivals, before).requests).toBe(expected);
    }),
    { numRuns: 200 },
  );
});
