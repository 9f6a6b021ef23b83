import { expect, test } from "vitest";
import { countFalseRollbacks, measurePower, upperBound } from "./testing/false-rollbacks.ts";

// The figures of 2,000 rollouts each, and how they are made: npm run bench:rollouts.
const isLong = process.env["MODE"] === "all";

test("the bound of a rate", () => {
  // scipy.stats.binomtest(k, n, alternative="less").proportion_ci(0.95)
  expect(upperBound(80, 2000)).toBeCloseTo(0.0479767, 7);
  expect(upperBound(0, 25)).toBeCloseTo(1 - 0.05 ** (1 / 25), 8);
});

test(
  "what does no harm is rolled back in at most alpha of the rollouts, whatever traffic and labels do",
  { timeout: 3_600_000 },
  () => {
    const found = [...countFalseRollbacks({ rollouts: isLong ? 2000 : 12, seconds: isLong ? 300 : 100, seed: 1 })];
    expect(found).toHaveLength(7);
    if (isLong) for (const { bound, scenario } of found) expect(bound, scenario).toBeLessThanOrEqual(0.06);
    // P(Binomial(84, 0.05) > 11) = 0.1 %, P(Binomial(12, 0.05) > 4) = 0.02 %.
    const all = found.reduce((sum, { rolledBack }) => sum + rolledBack, 0);
    if (!isLong) {
      expect(all).toBeLessThanOrEqual(11);
      for (const { rolledBack, scenario } of found) expect(rolledBack, scenario).toBeLessThanOrEqual(4);
    }
  },
);

test(
  "a canary with twice the errors is rolled back after half of the requests that an asymptotic sequence needs",
  { timeout: 600_000 },
  () => {
    const { requests, missed, needed } = measurePower({ rollouts: isLong ? 2000 : 20, seed: 2 });
    expect(missed).toBe(0);
    expect(needed).toBeCloseTo(16_797, -1);
    expect(requests / needed).toBeLessThanOrEqual(isLong ? 0.5 : 0.6);
  },
);
