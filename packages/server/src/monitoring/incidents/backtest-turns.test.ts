import { expect, test } from "vitest";
import { createBacktestTurns } from "./backtest-turns.ts";

test("backtests go one at a time, and one that is cancelled does not wait", async () => {
  const take = createBacktestTurns();
  const none = new AbortController().signal;
  const first = Promise.withResolvers<number>();
  const began: number[] = [];
  const run = (id: number, signal = none) =>
    take(signal, () => {
      began.push(id);
      return id === 1 ? first.promise : Promise.resolve(id);
    });
  const one = run(1);
  const cancelled = new AbortController();
  const two = run(2, cancelled.signal);
  const three = run(3);
  cancelled.abort(new Error("enough"));
  await expect(two).rejects.toThrow("enough");
  expect(began).toEqual([1]);
  first.reject(new Error("failed"));
  await expect(one).rejects.toThrow("failed");
  expect(await three).toBe(3);
  expect(began).toEqual([1, 3]);
});
