import { expect, test } from "vitest";
import { usualBudget } from "./latency-budget.ts";

test("the usual budget is twice the 95th percentile, of requests enough to say, and nothing that a busy machine takes anyway", () => {
  const of = (bucket: number) => Array.from({ length: 82 }, (_, i) => (i === bucket ? 95 : i === 60 ? 5 : 0));
  const latency = of(28);
  // The 28th edge is 0.1 ms doubled seven times.
  expect(usualBudget(latency)).toBeCloseTo(25.6, 10);
  expect(usualBudget(of(8))).toBe(5);
  expect(usualBudget(latency.map((count) => Math.min(count, 5)))).toBeNull();
  expect(usualBudget([])).toBeNull();
});
