import { expect, test } from "vitest";
import { usualBudget } from "./latency-budget.ts";

test("the usual budget is twice the 95th percentile, of requests enough to say", () => {
  const latency = Array.from({ length: 82 }, (_, i) => (i === 8 ? 95 : i === 60 ? 5 : 0));
  // The eighth edge is 0.1 ms doubled twice.
  expect(usualBudget(latency)).toBeCloseTo(0.8, 10);
  expect(usualBudget(latency.map((count) => Math.min(count, 5)))).toBeNull();
  expect(usualBudget([])).toBeNull();
});
