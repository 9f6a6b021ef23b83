import fc from "fast-check";
import { expect, test } from "vitest";
import type { Journey } from "../journey.ts";
import { createLoopBudget } from "./loop-budget.ts";
import { createShadowQueue, toWaiting, type Waiting } from "./shadow-queue.ts";

const waiting = (rows: number, bytes: number): Waiting => ({ journey: {} as Journey, since: 0, rows, bytes });

test("never holds more than it may, hands out in order, and forgets nobody", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), rows: fc.integer({ min: 1, max: 12 }), bytes: fc.nat(120) }),
    fc.constantFrom({ do: "shift" as const }, { do: "end" as const }, { do: "clear" as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const limits = { rows: 20, bytes: 200 };
      const queue = createShadowQueue(limits);
      const expected: Waiting[] = [];
      const running: Waiting[] = [];
      for (const each of steps) {
        const held = [...expected, ...running];
        const sum = (of: "rows" | "bytes") => held.reduce((total, one) => total + one[of], 0);
        if (each.do === "push") {
          const one = waiting(each.rows, each.bytes);
          const fits = sum("rows") + one.rows <= limits.rows && sum("bytes") + one.bytes <= limits.bytes;
          expect(queue.push(one)).toBe(fits);
          if (fits) expected.push(one);
        } else if (each.do === "shift") {
          const one = queue.shift();
          expect(one).toBe(expected.shift() ?? null);
          if (one) running.push(one);
        } else if (each.do === "end") {
          const one = running.pop();
          if (one) queue.letGo(one);
        } else expect(queue.clear()).toBe(expected.splice(0).length);
        expect(queue.length).toBe(expected.length);
        expect(queue.rows).toBe([...expected, ...running].reduce((total, one) => total + one.rows, 0));
      }
    }),
  );
});

test("long queues keep their order", () => {
  const queue = createShadowQueue({ rows: 1e6, bytes: 1e9 });
  const all = Array.from({ length: 5000 }, (_, i) => waiting(1, i));
  for (const one of all) queue.push(one);
  expect(all.map(() => queue.shift())).toEqual(all);
  expect(queue.shift()).toBeNull();
});

test("a request that did not parse counts as a row, and its body as what it holds on to", () => {
  const journey = { rows: 0, parsed: null, call: { body: new Uint8Array(1000) } } as unknown as Journey;
  expect(toWaiting(journey, 5)).toMatchObject({ rows: 1, since: 5 });
  expect(toWaiting(journey, 5).bytes).toBeGreaterThan(1000);
});

test("what waits holds on to what was parsed, which counts once, and not to the answer", () => {
  const [numbers, texts] = [{ data: new Float64Array(1000) }, { data: Array<string>(100).fill("x".repeat(90)) }];
  const parsed = { tensors: [numbers, texts], resolved: { tensors: [{ ...numbers }, texts] } };
  const run = { outputs: [{ data: new Float64Array(1e6) }] };
  const journey = { rows: 100, parsed, run, inputs: [numbers], call: { body: new Uint8Array(10) } };
  const { bytes, journey: kept } = toWaiting(journey as unknown as Journey, 0);
  expect(bytes).toBeGreaterThan(17_000);
  expect(bytes).toBeLessThan(25_000);
  expect(kept).toMatchObject({ run: null, inputs: [], parsed });
});

test("work that nobody waits for gets its share of the loop's time, and no more", () => {
  const budget = createLoopBudget({ share: 0.1, mostMs: 50 });
  let spent = 0;
  for (let now = 0; now <= 10_000; now += 1)
    while (budget.has(now)) {
      budget.spend(0.5);
      spent += 0.5;
    }
  expect(spent).toBeGreaterThan(1000);
  expect(spent).toBeLessThanOrEqual(1051);
  // Idle time is not saved up.
  let burst = 0;
  while (budget.has(100_000)) {
    budget.spend(1);
    burst++;
  }
  expect(burst).toBe(50);
});
