import { createRandom } from "@slipway/statistics";
import { expect, test } from "vitest";
import type { ArmSums, MeasuredMetric } from "./ab-task-input.ts";
import { compareArms } from "./compare-arms.ts";

const all = process.env["MODE"] === "all";

/** Sums over units as the lake gives them. */
function toSums(arm: string, units: readonly { readonly value: number; readonly count: number }[]): ArmSums {
  const n = units.length;
  const mean = (of: (unit: (typeof units)[number]) => number) => units.reduce((sum, unit) => sum + of(unit), 0) / n;
  const [v, c] = [mean(({ value }) => value), mean(({ count }) => count)];
  const spread = (of: (unit: (typeof units)[number]) => number) => (mean(of) * n) / (n - 1);
  return {
    arm,
    units: n,
    n: c * n,
    sum: v * n,
    meanValue: v,
    meanCount: c,
    varianceValue: spread(({ value }) => (value - v) ** 2),
    varianceCount: spread(({ count }) => (count - c) ** 2),
    covariance: spread(({ value, count }) => (value - v) * (count - c)),
  };
}

function measured(arms: readonly ArmSums[], options: Partial<MeasuredMetric> = {}): MeasuredMetric {
  return { name: "losses", kind: "label", measure: "ratio", counted: false, arms, error: null, ...options };
}

const options = { better: "lower", alpha: 0.05, arms: ["champion", "challenger"] } as const;

/** Whether a test of two like arms is wrong at any of twenty looks; `isSplit`: as if each row were a user. */
function isFooled(seed: number, isSplit: boolean): boolean {
  const random = createRandom(seed);
  const arms: { readonly value: number; readonly count: number }[][] = [[], []];
  for (let look = 0; look < 20; look++) {
    for (let user = 0; user < 100; user++) {
      const habit = random();
      const rows = Array.from({ length: 1 + Math.floor(20 * random()) }, () => Number(random() < habit));
      const whole = [{ value: rows.reduce((sum, row) => sum + row, 0), count: rows.length }];
      arms[user % 2]!.push(...(isSplit ? rows.map((value) => ({ value, count: 1 })) : whole));
    }
    const [champion, challenger] = [toSums("champion", arms[0]!), toSums("challenger", arms[1]!)];
    const { comparisons } = compareArms(measured([champion, challenger]), options);
    if (comparisons[0]?.outcome === "better" || comparisons[0]?.outcome === "worse") return true;
  }
  return false;
}

test("looked at again and again, like arms are told apart once in twenty at most; rows in the place of users are not", () => {
  const tests = all ? 400 : 40;
  const share = (isSplit: boolean) =>
    Array.from({ length: tests }, (_, i) => isFooled(i, isSplit)).filter(Boolean).length / tests;
  // Three standard errors of 5 % above it.
  expect(share(false)).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / tests));
  expect(share(true)).toBeGreaterThan(0.25);
});

test("the variance of a ratio is that of its residuals", () => {
  const random = createRandom(7);
  const units = (worse: number) =>
    Array.from({ length: 500 }, () => {
      const count = 1 + Math.floor(9 * random());
      return { count, value: count * (0.3 + worse + 0.02 * (random() - 0.5)) };
    });
  const { comparisons, means } = compareArms(
    measured([toSums("champion", units(0)), toSums("challenger", units(0.05))]),
    options,
  );
  expect(means[0]?.mean).toBeCloseTo(0.3, 2);
  expect(comparisons[0]).toMatchObject({ outcome: "worse", estimate: expect.closeTo(0.05, 2) });
  // Sums alone vary by a hundred times as much.
  expect(comparisons[0]!.interval![1] - comparisons[0]!.interval![0]).toBeLessThan(0.005);
  expect(comparisons[0]?.relative).toBeCloseTo(0.05 / 0.3, 1);
});

test("few units, rare events and no rows decide nothing", () => {
  const some = (arm: string, n: number, hits: number) =>
    toSums(
      arm,
      Array.from({ length: n }, (_, i) => ({ count: 1, value: Number(i < hits) })),
    );
  const outcome = (challenger: ArmSums, counted = true) =>
    compareArms(measured([some("champion", 1000, 3), challenger], { counted }), options).comparisons[0];
  expect(outcome(some("challenger", 60, 60))?.message).toMatch(/60 units in an arm are too few/);
  expect(outcome(some("challenger", 150, 40))?.message).toMatch(/too rarely to tell/);
  expect(outcome(some("challenger", 1000, 100))).toMatchObject({ outcome: "worse" });
  const same = compareArms(measured([some("champion", 500, 0), some("challenger", 500, 0)]), options);
  expect(same.comparisons[0]).toMatchObject({ outcome: "undecided", p: null });
  const alone = compareArms(measured([some("champion", 500, 50)]), options);
  expect(alone.comparisons[0]).toMatchObject({
    outcome: "no_data",
    message: "losses: nothing to look at yet with challenger.",
  });
});
