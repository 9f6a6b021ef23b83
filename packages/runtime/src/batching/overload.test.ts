import { SlipwayError } from "@slipway/contract/errors";
import { describe, expect, test } from "vitest";
import { createBatcher } from "./batcher.ts";
import { createLane } from "./lane.ts";
import type { BatcherOptions } from "./options.ts";
import { createSimulation, rowsOf, signature, simulatedReplica } from "./testing/simulation.ts";

interface Load {
  readonly everyMs: number;
  readonly forMs: number;
  readonly deadlineMs: number;
  readonly runMs: (rows: number, now: number) => number;
  readonly replicas?: number;
  readonly options?: Partial<BatcherOptions>;
  /** Times between arrivals, in means. */
  readonly gap?: () => number;
}

/** An open loop against simulated replicas: what became of the requests after the first second. */
async function overload(load: Load) {
  const { everyMs, forMs, deadlineMs, runMs, replicas = 1, options = {}, gap = () => 1 } = load;
  const simulation = createSimulation();
  const defer = (task: () => void) => void simulation.after(0, task);
  const copies = Array.from({ length: replicas }, () => simulatedReplica(simulation, runMs));
  const batcher = createBatcher({
    replicas: copies,
    signature,
    maxRows: 1024,
    lane: createLane({ slots: replicas, longestRunMs: 50, inLoop: false, defer }),
    monotonic: simulation.now,
    defer,
    after: simulation.after,
    ...options,
  });
  const outcomes: Record<string, number> = {};
  const latencies: number[] = [];
  const refusalMs: number[] = [];
  const retryAfter: unknown[] = [];
  const submit = (at: number) => {
    const count = (outcome: string) => {
      if (at > 1000) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    };
    batcher.submit([rowsOf(1)], 1, { deadlineAt: at + deadlineMs }).then(
      () => {
        if (at > 1000) latencies.push(simulation.now() - at);
        count(simulation.now() - at <= deadlineMs ? "good" : "late");
      },
      (error: unknown) => {
        if (!SlipwayError.is(error)) throw error;
        count(error.code);
        if (error.code !== "overloaded") return;
        refusalMs.push(simulation.now() - at);
        retryAfter.push(error.details["retry_after_ms"]);
      },
    );
  };
  let at = 0;
  while (at < forMs) {
    const time = at;
    simulation.after(time, () => submit(time));
    at += everyMs * gap();
  }
  await simulation.play();
  latencies.sort((a, b) => a - b);
  return { outcomes, latencies, refusalMs, retryAfter, seconds: (forMs - 1000) / 1000, copies, batcher };
}

/** Exponential gaps from a fixed seed. */
function poisson(): () => number {
  let state = 7;
  return () => {
    state = (state * 48271) % 2147483647;
    return -Math.log(state / 2147483647);
  };
}

describe("twice what a model can do", () => {
  for (const [name, gap] of [
    ["evenly", undefined],
    ["in bursts", poisson()],
  ] as const)
    test(`arriving ${name}: the model stays busy, and who is let in is answered in time`, async () => {
      const result = await overload({
        everyMs: 1,
        forMs: 8000,
        deadlineMs: 100,
        runMs: (rows) => 2 * rows,
        ...(gap && { gap }),
      });
      const { good = 0, late = 0, deadline_exceeded: expired = 0, overloaded = 0 } = result.outcomes;
      // 500 a second is all that one replica can do.
      expect(good / result.seconds).toBeGreaterThan(0.95 * 500);
      expect((late + expired) / (good + late + expired)).toBeLessThan(0.01);
      expect(overloaded).toBeGreaterThan(2000);
      expect(result.latencies[Math.floor(0.99 * result.latencies.length)]).toBeLessThan(100);
      // Refused on the spot, with the time after which it is worth another try.
      expect(Math.max(...result.refusalMs)).toBeLessThan(1);
      for (const ms of result.retryAfter) expect(ms).toBeGreaterThan(0);
    });

  test("a model that gains from batches is given larger ones instead of refusals", async () => {
    const result = await overload({ everyMs: 0.5, forMs: 4000, deadlineMs: 200, runMs: (rows) => 2 + 0.1 * rows });
    expect(result.outcomes).toEqual({ good: expect.any(Number) as number });
    expect(Math.max(...result.copies[0]!.runs)).toBeGreaterThan(3);
  });

  test("two replicas do twice as much", async () => {
    const result = await overload({
      everyMs: 0.5,
      forMs: 5000,
      deadlineMs: 100,
      runMs: (rows) => 2 * rows,
      replicas: 2,
    });
    const { good = 0, late = 0 } = result.outcomes;
    expect(good / result.seconds).toBeGreaterThan(0.95 * 1000);
    expect(late / good).toBeLessThan(0.01);
  });

  test("a machine that takes twice as long as was learned is believed soon", async () => {
    const runMs = (rows: number, now: number) => (now > 4000 ? 8 : 2) * rows;
    const result = await overload({ everyMs: 3, forMs: 8000, deadlineMs: 60, runMs });
    expect(result.outcomes["overloaded"]).toBeGreaterThan(500);
    const { good = 0, late = 0, deadline_exceeded: expired = 0 } = result.outcomes;
    expect((late + expired) / (good + late + expired)).toBeLessThan(0.05);
  });
});

describe("limits", () => {
  test("more rows than may wait are refused, however far the deadline is", async () => {
    const { outcomes } = await overload({
      everyMs: 0.1,
      forMs: 1100,
      deadlineMs: 1e9,
      runMs: (rows) => 10 * rows,
      options: { maxQueue: 20 },
    });
    expect(outcomes["overloaded"]).toBeGreaterThan(900);
    expect(outcomes["good"]).toBeGreaterThan(5);
  });

  test("an expectation that is wrong does not shut a model out", async () => {
    const simulation = createSimulation();
    const replica = simulatedReplica(simulation, () => 1);
    const defer = (task: () => void) => void simulation.after(0, task);
    const batcher = createBatcher({
      replicas: [replica],
      signature,
      maxRows: 8,
      monotonic: simulation.now,
      defer,
      after: simulation.after,
    });
    for (let i = 0; i < 100; i++) batcher.times.observe(1, 500);
    let answered = 0;
    for (let i = 0; i < 400; i++)
      simulation.after(10 * i, () => {
        batcher.submit([rowsOf(1)], 1, { deadlineAt: simulation.now() + 50 }).then(
          () => answered++,
          () => {},
        );
      });
    await simulation.play();
    expect(answered).toBeGreaterThan(390);
  });
});
