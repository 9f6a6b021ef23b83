import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import {
  asymptoticEvidence,
  asymptoticHalfWidth,
  asymptoticInterval,
  asymptoticRho,
  type Estimate,
} from "./asymptotic.ts";
import { absoluteEffect, momentsOfShare, momentsOfSums, relativeEffect, stratifiedEffect } from "./effect.ts";

test.each([
  [100, 0.6694388617, 0.6606888049],
  [1000, 0.10637547, 0.099688351],
  [1000, 0.1063754701, 0.099688351],
  [5000, 0.0429243372, 0.0393023276],
  [20_000, 0.0221120362, 0.0202812122],
  [100_000, 0.0105520701, 0.0097705419],
])("half-widths at n = %i", (n, both, lower) => {
  const standardError = 1 / Math.sqrt(n);
  expect(asymptoticHalfWidth(standardError, n)).toBeCloseTo(both, 9);
  expect(asymptoticHalfWidth(standardError, n, { side: "lower" })).toBeCloseTo(lower, 9);
});

test("rho, and the price of looking all the time", () => {
  expect(asymptoticRho()).toBeCloseTo(0.0398400668, 10);
  expect(asymptoticRho({ side: "upper" })).toBeCloseTo(0.0355776885, 10);
  const ratios = [100, 1000, 5000, 20_000, 100_000].map((n) => asymptoticHalfWidth(1, n) / 1.959963984540054);
  expect(ratios.map((ratio) => ratio.toFixed(2))).toEqual(["3.42", "1.72", "1.55", "1.60", "1.70"]);
});

test.each([
  [0.05, 0.02, 6461, 5.1394056047, 0.1945750301],
  [0.05, 0.012, 6461, 811.504188784, 0.00123227953],
  [-0.01, 0.002, 50_000, null, 3.902980088e-5],
])("e and p of %d ± %d at %i units", (estimate, standardError, n, e, p) => {
  const { logE, p: actual } = asymptoticEvidence({ estimate, standardError, n });
  if (e !== null) expect(Math.exp(logE) / e).toBeCloseTo(1, 10);
  expect(actual / p).toBeCloseTo(1, 9);
});

test("the half-width beside that p", () => {
  expect(asymptoticHalfWidth(0.02, 6461)).toBeCloseTo(0.0607703499, 10);
});

// GrowthBook's own fixtures (packages/stats/tests/frequentist).
const A = momentsOfSums({ n: 3000, sum: 1396.87, squares: 52_377.9767 });
const B = momentsOfSums({ n: 3461, sum: 2422.7, squares: 134_698.29 });

test("GrowthBook: means, relative, two-sided", () => {
  const effect = relativeEffect(A, B);
  expect(effect.estimate).toBeCloseTo(0.50336, 5);
  expect(effect.standardError).toBeCloseTo(0.33341, 5);
  const { lower, upper } = asymptoticInterval(effect, { tuning: 1000 });
  expect(lower).toBeCloseTo(-0.5584405051, 10);
  expect(upper).toBeCloseTo(1.5651626768, 10);
  expect(asymptoticEvidence(effect, { tuning: 1000 }).p).toBe(1);
});

test("GrowthBook: shares, relative, two-sided", () => {
  const effect = relativeEffect(momentsOfShare({ n: 3000, hits: 1396 }), momentsOfShare({ n: 3461, hits: 2422 }));
  expect(effect.estimate).toBeCloseTo(0.50386, 5);
  expect(effect.standardError).toBeCloseTo(0.03386, 5);
  const { lower, upper } = asymptoticInterval(effect);
  expect(lower).toBeCloseTo(0.40098, 5);
  expect(upper).toBeCloseTo(0.60675, 5);
  expect(asymptoticEvidence(effect).p).toBeCloseTo(0, 5);
});

test("GrowthBook: one-sided", () => {
  const relative = relativeEffect(A, B);
  const absolute = absoluteEffect(A, B);
  expect(asymptoticInterval(relative, { side: "lower" }).lower).toBeCloseTo(-0.42356454602790883, 14);
  expect(absolute.estimate).toBeCloseTo(0.23437667, 8);
  expect(asymptoticInterval(absolute, { side: "lower" }).lower).toBeCloseTo(-0.12656844172804982, 14);
  expect(asymptoticInterval(relative, { side: "upper" }).upper).toBeCloseTo(1.4302867177403806, 14);
  expect(asymptoticEvidence(absolute, { side: "lower" }).p).toBeCloseTo(0.46304735779462, 13);
  expect(halvedP(absolute)).toBeCloseTo(0.463164919433594, 14);
  expect(Math.min(0.4999, asymptoticEvidence(relative, { side: "lower" }).p)).toBe(0.4999);
});

/** GrowthBook looks for p by halving, and returns the place after its last step: 0.0001 beside p, here made again. */
function halvedP({ estimate, standardError, n }: Estimate): number {
  const square = asymptoticRho({ side: "lower" }) ** 2;
  const grown = n * square + 1;
  let [low, high] = [1e-5, 0.4999];
  for (;;) {
    const alpha = (low + high) / 2;
    const log = Math.log1p(Math.sqrt(grown) / (2 * alpha));
    const lower = estimate - standardError * Math.sqrt(((2 * grown) / (n * square)) * log);
    if (lower < 0) low = alpha;
    else high = alpha;
    if (Math.abs(lower) < 1e-6) return (low + high) / 2;
  }
}

test("p falls below α just where the interval leaves the null behind", () => {
  for (const side of ["both", "lower", "upper"] as const) {
    for (const n of [200, 5000, 300_000]) {
      const halfWidth = asymptoticHalfWidth(0.3, n, { side, alpha: 0.01 });
      const estimate = side === "upper" ? -halfWidth : halfWidth;
      const found = asymptoticEvidence(
        { estimate: 2 + estimate, standardError: 0.3, n },
        { side, alpha: 0.01, null: 2 },
      );
      expect(found.p).toBeCloseTo(0.01, 12);
    }
  }
});

test("strata are weighed by their sizes", () => {
  const strata = [
    { estimate: 0.1, standardError: 0.02, n: 1000 },
    { estimate: 0.3, standardError: 0.04, n: 3000 },
  ];
  const { estimate, standardError, n } = stratifiedEffect(strata);
  expect([estimate, n]).toEqual([0.25, 4000]);
  expect(standardError).toBeCloseTo(Math.sqrt(20 ** 2 + 120 ** 2) / 4000, 15);
  expect(() => stratifiedEffect([])).toThrow(RangeError);
});

test("looking 199 times errs in 1.5 to 5 % of the runs, and a fixed test in a third", () => {
  const random = createRandom(7);
  const runs = 1500;
  const wrong = { both: 0, lower: 0, naive: 0 };
  for (let run = 0; run < runs; run++) {
    const [a, b] = [
      { n: 0, hits: 0 },
      { n: 0, hits: 0 },
    ];
    const seen = { both: false, lower: false, naive: false };
    while (a.n < 10_000) {
      a.n = b.n += 50;
      for (let i = 0; i < 50; i++) {
        if (random() < 0.1) a.hits++;
        if (random() < 0.1) b.hits++;
      }
      if (a.n === 50) continue;
      const effect = absoluteEffect(momentsOfShare(a), momentsOfShare(b));
      const { lower, upper } = asymptoticInterval(effect);
      seen.both ||= lower > 0 || upper < 0;
      seen.lower ||= asymptoticInterval(effect, { side: "lower" }).lower > 0;
      seen.naive ||= Math.abs(effect.estimate) > 1.96 * effect.standardError;
    }
    for (const name of ["both", "lower", "naive"] as const) if (seen[name]) wrong[name]++;
  }
  for (const errors of [wrong.both, wrong.lower]) {
    expect(errors / runs).toBeGreaterThan(0.015);
    expect(errors / runs).toBeLessThan(0.05);
  }
  expect(wrong.naive / runs).toBeGreaterThan(1 / 3);
});

test("what is out of range is refused", () => {
  const estimate = { estimate: 1, standardError: 1, n: 10 };
  for (const alpha of [0, 1, Number.NaN]) expect(() => asymptoticInterval(estimate, { alpha })).toThrow("alpha");
  expect(() => asymptoticInterval(estimate, { alpha: 0.5, side: "lower" })).toThrow("alpha");
  expect(() => asymptoticInterval({ ...estimate, n: 0 })).toThrow("n is 0");
  expect(() => asymptoticInterval(estimate, { tuning: -1 })).toThrow("tuning");
  expect(() => asymptoticEvidence({ ...estimate, standardError: 0 })).toThrow("standard error");
  expect(() => relativeEffect(momentsOfShare({ n: 10, hits: 0 }), momentsOfShare({ n: 10, hits: 1 }))).toThrow(
    "control",
  );
});
