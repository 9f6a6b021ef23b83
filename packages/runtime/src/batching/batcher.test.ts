import { SlipwayError } from "@slipway/contract/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBatcher } from "./batcher.ts";
import { createLane } from "./lane.ts";
import { createRunTimes } from "./run-times.ts";
import { createSimulation, signature, simulatedReplica } from "./testing/simulation.ts";
import type { Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";

const matrix = (rows: number, width: number, value: (row: number) => number): Tensor => ({
  name: "x",
  datatype: "FP32",
  shape: [rows, width],
  data: Float32Array.from({ length: rows * width }, (_, i) => value(Math.floor(i / width))),
});

type Run = (x: Tensor) => Tensor | Promise<Tensor>;

/** A replica that notes the rows of every run and refuses two at once. */
function replicaOf(run: Run = (x) => x): Replica & { runs: number[] } {
  const runs: number[] = [];
  let running = false;
  return {
    runs,
    async run([x]) {
      if (running) throw new SlipwayError("not_ready", "Two runs at once.");
      running = true;
      runs.push(x!.shape[0]!);
      try {
        await new Promise((resolve) => setImmediate(resolve));
        return [{ ...(await run(x!)), name: "y" }];
      } finally {
        running = false;
      }
    },
    close: () => Promise.resolve(),
  };
}

function batcherOf(replica: Replica, options: { maxRows?: number; signature?: Signature } = {}) {
  return createBatcher({ replicas: [replica], signature, maxRows: 64, monotonic: () => performance.now(), ...options });
}

describe("batcher", () => {
  test("abandoned, it ends what runs and refuses what waits", async () => {
    const replica = replicaOf();
    const batcher = batcherOf(replica);
    const running = batcher.submit([matrix(1, 2, () => 1)], 1);
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = batcher.submit([matrix(2, 2, () => 2)], 2);
    batcher.abandon();
    await expect(waiting).rejects.toMatchObject({ code: "shutting_down" });
    expect((await running).batchRows).toBe(1);
    await expect(batcher.submit([matrix(1, 2, () => 3)], 1)).rejects.toMatchObject({ code: "not_ready" });
    await batcher.close();
    expect([replica.runs, batcher.queuedRows]).toEqual([[1], 0]);
  });

  test("one turn is one run, and every caller gets the rows that it sent", async () => {
    const replica = replicaOf();
    const batcher = batcherOf(replica);
    const answers = [1, 3, 2].map((rows, i) => batcher.submit([matrix(rows, 2, (row) => 10 * i + row)], rows));
    expect(batcher.queuedRows).toBe(6);
    const results = await Promise.all(answers);
    expect(replica.runs).toEqual([6]);
    expect(results[1]!.outputs).toEqual([{ ...matrix(3, 2, (row) => 10 + row), name: "y" }]);
    expect(results.map((result) => result.batchRows)).toEqual([6, 6, 6]);
    expect(results[0]!.runUs).toBeGreaterThan(0);
    expect(batcher.queuedRows).toBe(0);
  });

  test("rows never mix, whatever the sizes, shapes, turns, limits and failures", async () => {
    const request = fc.record({
      rows: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 2 }),
      turns: fc.nat({ max: 2 }),
      poison: fc.nat({ max: 7 }).map((n) => n === 0),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (requests, maxRows) => {
          const replica = replicaOf((x) => {
            if ((x.data as Float32Array).includes(-1)) throw new Error("poison");
            return x;
          });
          const batcher = batcherOf(replica, { maxRows });
          const answers: Promise<void>[] = [];
          for (const [i, { rows, width, turns, poison }] of requests.entries()) {
            for (let t = 0; t < turns; t++) await new Promise((resolve) => setImmediate(resolve));
            const input = matrix(rows, width, (row) => (poison && row === rows - 1 ? -1 : 1000 * i + row));
            const answer = batcher.submit([input], rows);
            const wanted = poison
              ? expect(answer).rejects.toMatchObject({ code: "model_failed", message: "The model failed: poison" })
              : answer.then((result) => expect(result.outputs).toEqual([{ ...input, name: "y" }]));
            answers.push(wanted);
          }
          await Promise.all(answers);
          expect(Math.max(0, ...replica.runs)).toBeLessThanOrEqual(maxRows);
          expect(batcher.queuedRows).toBe(0);
          expect(batcher.batchable).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("what arrives during a run goes next, together", async () => {
    const replica = replicaOf();
    const batcher = batcherOf(replica);
    const first = batcher.submit([matrix(1, 1, () => 1)], 1);
    await new Promise((resolve) => setImmediate(resolve));
    const later = [2, 3].map((value) => batcher.submit([matrix(1, 1, () => value)], 1));
    await Promise.all([first, ...later]);
    expect(replica.runs).toEqual([1, 2]);
  });

  test("outputs without the rows of the run: each alone, from then on", async () => {
    const sum: Run = (x) => ({
      ...x,
      shape: [1],
      data: Float32Array.of((x.data as Float32Array).reduce((a, b) => a + b)),
    });
    const replica = replicaOf(sum);
    const batcher = batcherOf(replica);
    const submitBoth = () => Promise.all([5, 7].map((value) => batcher.submit([matrix(2, 1, () => value)], 2)));
    const results = await submitBoth();
    expect(results.map((result) => result.outputs[0]!.data)).toEqual([Float32Array.of(10), Float32Array.of(14)]);
    expect(batcher.batchable).toBe(false);
    await submitBoth();
    expect(replica.runs).toEqual([4, 2, 2, 2, 2]);
  });

  test("a large request that cannot be cut runs whole", async () => {
    const sum: Run = (x) => ({
      ...x,
      shape: [1],
      data: Float32Array.of((x.data as Float32Array).reduce((a, b) => a + b)),
    });
    const replica = replicaOf(sum);
    const result = await batcherOf(replica, { maxRows: 4 }).submit([matrix(10, 1, () => 1)], 10);
    expect(result.outputs[0]!.data).toEqual(Float32Array.of(10));
    expect(replica.runs).toEqual([4, 4, 2, 10]);
  });

  test("a model without a batch runs each request alone", async () => {
    const replica = replicaOf();
    const batcher = batcherOf(replica, { signature: { ...signature, batched: false } });
    await Promise.all([1, 2, 3].map((value) => batcher.submit([matrix(1, 1, () => value)], 1)));
    expect(replica.runs).toEqual([1, 1, 1]);
  });

  test("an aborted request does not run", async () => {
    const replica = replicaOf();
    const batcher = batcherOf(replica);
    const late = new AbortController();
    const answers = [
      batcher.submit([matrix(1, 1, () => 1)], 1, { signal: late.signal }),
      batcher.submit([matrix(1, 1, () => 2)], 1),
      batcher.submit([matrix(1, 1, () => 3)], 1, { signal: AbortSignal.abort() }),
    ];
    late.abort(new SlipwayError("deadline_exceeded", "Too late."));
    const results = await Promise.allSettled(answers);
    expect(results[0]).toMatchObject({ reason: { code: "deadline_exceeded" } });
    expect(results[1]).toMatchObject({ value: { batchRows: 1 } });
    expect(results[2]).toMatchObject({ reason: { code: "cancelled" } });
    expect(replica.runs).toEqual([1]);
  });

  test("a replica that is gone fails all at once, with its own words", async () => {
    const replica = replicaOf(() => {
      throw new SlipwayError("not_ready", "The worker ended.");
    });
    const batcher = batcherOf(replica);
    const results = await Promise.allSettled([1, 2].map((value) => batcher.submit([matrix(1, 1, () => value)], 1)));
    expect(results).toMatchObject([{ reason: { code: "not_ready" } }, { reason: { code: "not_ready" } }]);
    expect(replica.runs).toEqual([2]);
  });

  test("close answers what was taken and takes no more", async () => {
    const batcher = batcherOf(replicaOf(), { maxRows: 1 });
    let answered = 0;
    for (const value of [1, 2, 3]) void batcher.submit([matrix(1, 1, () => value)], 1).then(() => answered++);
    await Promise.all([batcher.close(), batcher.close()]);
    expect(answered).toBe(3);
    await expect(batcher.submit([matrix(1, 1, () => 1)], 1)).rejects.toMatchObject({ code: "not_ready" });
    await batcher.close();
  });

  test("over several replicas, rows never mix and every part of a large request finds its place", async () => {
    const request = fc.record({ rows: fc.integer({ min: 1, max: 40 }), at: fc.integer({ min: 0, max: 30 }) });
    const settings = fc.record({
      replicas: fc.integer({ min: 1, max: 3 }),
      depth: fc.integer({ min: 1, max: 2 }),
      maxRows: fc.integer({ min: 1, max: 12 }),
      maxDelayMs: fc.constantFrom(0, 4),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 25 }),
        settings,
        async (requests, { replicas, depth, ...limits }) => {
          const simulation = createSimulation();
          const defer = (task: () => void) => void simulation.after(0, task);
          const copies = Array.from({ length: replicas }, () =>
            simulatedReplica(simulation, (rows) => 1 + 0.2 * rows, depth),
          );
          const lane = createLane({ slots: 2, longestRunMs: 50, inLoop: false, defer });
          const { now: monotonic, after } = simulation;
          const batcher = createBatcher({ replicas: copies, signature, lane, monotonic, defer, after, ...limits });
          let answered = 0;
          for (const [i, { rows, at }] of requests.entries()) {
            const input = matrix(rows, 1, (row) => 1000 * i + row);
            after(at, () => {
              void batcher.submit([input], rows).then((result) => {
                expect(result.outputs).toEqual([{ ...input, name: "y" }]);
                answered++;
              });
            });
          }
          await simulation.play();
          expect(answered).toBe(requests.length);
          expect(batcher.queuedRows).toBe(0);
          for (const { runs } of copies) for (const rows of runs) expect(rows).toBeLessThanOrEqual(limits.maxRows);
          await batcher.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a part that fails ends the whole request, and its other parts do not run", async () => {
    const replica = replicaOf((x) => {
      if ((x.data as Float32Array)[0] === 0) throw new Error("poison");
      return x;
    });
    const batcher = batcherOf(replica, { maxRows: 2 });
    await expect(batcher.submit([matrix(40, 1, (row) => row)], 40)).rejects.toMatchObject({ code: "model_failed" });
    await batcher.close();
    expect(replica.runs.length).toBeLessThan(4);
  });

  test("who goes away leaves the queue at once", async () => {
    const batcher = batcherOf(replicaOf());
    const leaving = new AbortController();
    const first = batcher.submit([matrix(1, 1, () => 1)], 1);
    await new Promise((resolve) => setImmediate(resolve));
    const second = batcher.submit([matrix(5, 1, () => 2)], 5, { signal: leaving.signal });
    const third = batcher.submit([matrix(3, 1, () => 3)], 3);
    expect(batcher.queuedRows).toBe(8);
    leaving.abort();
    expect(batcher.queuedRows).toBe(3);
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    expect((await third).batchRows).toBe(3);
    await first;
  });

  // Whether it is the first or the last that waits; and nothing is known of the model yet, so nobody is refused.
  test.each([[[50]], [[50, 1000]], [[1000, 50]]])(
    "deadlines %j: one that passes in the queue ends its request without a run",
    async (deadlines) => {
      const simulation = createSimulation();
      const replica = simulatedReplica(simulation, () => 100);
      const defer = (task: () => void) => void simulation.after(0, task);
      const { now: monotonic, after } = simulation;
      const batcher = createBatcher({ replicas: [replica], signature, maxRows: 1, monotonic, defer, after });
      const codes = new Map<number, string>();
      after(0, () => void batcher.submit([matrix(1, 1, () => 1)], 1));
      for (const deadlineAt of deadlines)
        after(1, () => {
          batcher.submit([matrix(1, 1, () => 1)], 1, { deadlineAt }).then(
            () => codes.set(deadlineAt, "answered"),
            (error: SlipwayError) => codes.set(deadlineAt, error.code),
          );
        });
      await simulation.play();
      expect(codes.get(50)).toBe("deadline_exceeded");
      expect(codes.get(1000)).toBe(deadlines.length > 1 ? "answered" : undefined);
      expect(replica.runs.length).toBe(deadlines.length === 1 ? 1 : 2);
    },
  );

  test("requests that gain nothing from sharing a run do not wait for one another", async () => {
    const simulation = createSimulation();
    const replica = simulatedReplica(simulation, (rows) => 0.01 + 2 * rows);
    const defer = (task: () => void) => void simulation.after(0, task);
    const { now: monotonic, after } = simulation;
    const times = createRunTimes();
    for (const rows of [1, 2, 8, 1, 2, 8]) times.observe(rows, 0.01 + 2 * rows);
    const batcher = createBatcher({ replicas: [replica], signature, maxRows: 64, times, monotonic, defer, after });
    const answeredAt: number[] = [];
    after(0, () => {
      for (let i = 0; i < 4; i++)
        void batcher.submit([matrix(1, 1, () => i)], 1).then(() => answeredAt.push(Math.round(monotonic())));
    });
    await simulation.play();
    expect(answeredAt).toEqual([2, 4, 6, 8]);
    expect(replica.runs).toEqual([1, 1, 1, 1]);
  });

  test("waits for others only as long as it is told to, and not where enough have come", async () => {
    const simulation = createSimulation();
    const replica = simulatedReplica(simulation, () => 1);
    const defer = (task: () => void) => void simulation.after(0, task);
    const { now: monotonic, after } = simulation;
    const reasons: string[] = [];
    const batcher = createBatcher({
      replicas: [replica],
      signature,
      maxRows: 4,
      maxDelayMs: 10,
      monotonic,
      defer,
      after,
      onRun: ({ reason, rows }) => reasons.push(`${reason} ${rows}`),
    });
    const answeredAt: number[] = [];
    const submit = () => void batcher.submit([matrix(1, 1, () => 1)], 1).then(() => answeredAt.push(monotonic()));
    for (const at of [0, 3, 100, 101, 102, 103]) after(at, submit);
    await simulation.play();
    expect(reasons).toEqual(["delay 2", "full 4"]);
    expect(answeredAt).toEqual([11, 11, 104, 104, 104, 104]);
  });

  test("told to, it runs each request alone", async () => {
    const replica = replicaOf();
    const batcher = createBatcher({
      replicas: [replica],
      signature,
      maxRows: 64,
      alone: true,
      monotonic: () => performance.now(),
    });
    await Promise.all([1, 2, 3].map((value) => batcher.submit([matrix(2, 1, () => value)], 2)));
    expect(replica.runs).toEqual([2, 2, 2]);
  });

  test("a replica that is gone is left out; where none is there, nobody waits for it", async () => {
    const dead = { ...replicaOf(), ready: false };
    const alive: Replica & { ready: boolean; runs: number[] } = { ...replicaOf(), ready: true };
    const batcher = createBatcher({
      replicas: [dead, alive],
      signature,
      maxRows: 1,
      monotonic: () => performance.now(),
    });
    await Promise.all([1, 2, 3].map((value) => batcher.submit([matrix(1, 1, () => value)], 1)));
    expect([dead.runs.length, alive.runs.length]).toEqual([0, 3]);
    alive.ready = false;
    await expect(batcher.submit([matrix(1, 1, () => 1)], 1)).rejects.toMatchObject({ code: "not_ready" });
    await batcher.close();
  });

  test("gives a worker its next run ahead where that would be as full later", async () => {
    const simulation = createSimulation();
    const replica = simulatedReplica(simulation, (rows) => 0.5 + 0.01 * rows, 2);
    const defer = (task: () => void) => void simulation.after(0, task);
    const { now: monotonic, after } = simulation;
    const reasons = new Map<string, number>();
    const batcher = createBatcher({
      replicas: [replica],
      signature,
      maxRows: 4,
      lane: createLane({ slots: 1, longestRunMs: 50, inLoop: false, defer }),
      monotonic,
      defer,
      after,
      onRun: ({ reason }) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1),
    });
    after(0, () => {
      for (let i = 0; i < 40; i++) void batcher.submit([matrix(1, 1, () => i)], 1);
    });
    await simulation.play();
    expect(replica.runs).toEqual(Array.from({ length: 10 }, () => 4));
    expect(batcher.times.predict(4)).toBeCloseTo(0.54, 2);
  });
});
