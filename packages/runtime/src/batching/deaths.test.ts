import { SlipwayError } from "@slipway/contract/errors";
import { expect, test } from "vitest";
import { ReplicaDied, RunNotBegun } from "../run-errors.ts";
import type { Replica } from "../runtime.ts";
import { createBatcher, type Batcher } from "./batcher.ts";
import { createLane } from "./lane.ts";
import { createRunTimes } from "./run-times.ts";
import { createSimulation, rowsOf, signature, type Simulation } from "./testing/simulation.ts";

const poison = 666;
const refused = 13;

interface Mortal extends Replica {
  readonly runs: number[][];
  die(): void;
}

/** Dies of a run with `poison` in it, after it has begun, and is back so many milliseconds later. */
function mortal({ now, after }: Simulation, { backMs = 100, depth = 1 } = {}): Mortal {
  const runs: number[][] = [];
  let held: { values: number[]; end: (error: Error | null) => void }[] = [];
  let ready = true;
  const waiters: (() => void)[] = [];
  function die() {
    ready = false;
    const [first, ...others] = held;
    held = [];
    first?.end(new ReplicaDied("The process died.", "it ended by SIGSEGV"));
    for (const { end } of others) end(new RunNotBegun("It had not begun."));
    after(backMs, () => {
      ready = true;
      for (const resolve of waiters.splice(0)) resolve();
    });
  }
  function next() {
    const first = held[0];
    if (first === undefined) return;
    runs.push(first.values);
    after(1, () => {
      if (held[0] !== first) return;
      if (first.values.includes(poison)) return die();
      held.shift();
      first.end(first.values.includes(refused) ? new SlipwayError("model_failed", "Not 13.") : null);
      next();
    });
  }
  return {
    depth,
    runs,
    die,
    get ready() {
      return ready;
    },
    whenReady: () => (ready ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    run([x]) {
      if (!ready) return Promise.reject(new RunNotBegun(`Not ready at ${now()}.`));
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      const end = (error: Error | null) => (error ? reject(error) : resolve([{ ...x!, name: "y" }] as never));
      held.push({ values: [...(x!.data as Float32Array)], end });
      if (held.length === 1) next();
      return promise;
    },
    close: () => Promise.resolve(),
  };
}

function create(simulation: Simulation, replicas: readonly Replica[], maxRows = 64): Batcher {
  const { now: monotonic, after } = simulation;
  const times = createRunTimes();
  const defer = (task: () => void) => void after(0, task);
  const lane = createLane({ slots: 4, longestRunMs: 50, inLoop: false, defer });
  return createBatcher({ replicas, signature, maxRows, monotonic, after, defer, lane, times });
}

/** What became of each value, in order: `ok`, or the code of the error. */
function submit(batcher: Batcher, values: readonly number[], deadlineAt = Infinity): string[] {
  const outcomes: string[] = values.map(() => "waits");
  for (const [i, value] of values.entries())
    batcher.submit([rowsOf(1, value)], 1, { deadlineAt }).then(
      () => (outcomes[i] = "ok"),
      (error: SlipwayError) => (outcomes[i] = error.code),
    );
  return outcomes;
}

test("what waits in the queue when a replica dies is answered by the other one, and without one after the restart", async () => {
  for (const others of [0, 1]) {
    const simulation = createSimulation();
    const replicas = Array.from({ length: 1 + others }, () => mortal(simulation));
    const batcher = create(simulation, replicas, 1);
    const outcomes = submit(batcher, [poison, 1, 2, 3]);
    await simulation.play();
    expect(outcomes).toEqual(["model_failed", "ok", "ok", "ok"]);
    expect(batcher.queuedRows).toBe(0);
    await batcher.close();
  }
});

test("a run that was handed over ahead of its turn goes back to its place", async () => {
  const simulation = createSimulation();
  const replica = mortal(simulation, { depth: 2 });
  const batcher = create(simulation, [replica], 1);
  for (let rows = 1; rows <= 3; rows++) batcher.times.observe(rows, 1);
  const outcomes = submit(batcher, [1, poison, 2, 3, 4]);
  await simulation.play();
  expect(outcomes).toEqual(["ok", "model_failed", "ok", "ok", "ok"]);
  expect(replica.runs.flat()).toEqual([1, poison, 2, 3, 4]);
});

test("while nothing is alive, new requests are refused, and those that wait keep their deadlines", async () => {
  const simulation = createSimulation();
  const replica = mortal(simulation, { backMs: 1000 });
  const batcher = create(simulation, [replica], 1);
  const first = submit(batcher, [poison]);
  const [soon, late] = [submit(batcher, [1], 500), submit(batcher, [2], 5000)];
  await simulation.play(600);
  expect([first, soon, late]).toEqual([["model_failed"], ["deadline_exceeded"], ["waits"]]);
  const refusedOnes = submit(batcher, [3]);
  await simulation.play();
  expect([late, refusedOnes]).toEqual([["ok"], ["not_ready"]]);
});

test("nobody waits for a replica that does not come back for longer than half a minute", async () => {
  const simulation = createSimulation();
  const batcher = create(simulation, [mortal(simulation, { backMs: 120_000 })], 1);
  const outcomes = submit(batcher, [poison, 1]);
  const closed = batcher.close();
  await simulation.play(31_000);
  expect(outcomes).toEqual(["model_failed", "not_ready"]);
  await closed;
});

test("requests that shared a run that killed run alone: innocent ones are cleared, the guilty one is refused after its second kill", async () => {
  const simulation = createSimulation();
  const replica = mortal(simulation);
  const batcher = create(simulation, [replica]);
  const ask = async (...values: number[]) => {
    const outcomes = submit(batcher, values);
    await simulation.play();
    return outcomes;
  };
  expect(await ask(1, poison, 2)).toEqual(["model_failed", "model_failed", "model_failed"]);
  expect(replica.runs).toEqual([[1, poison, 2]]);
  expect(await ask(3, 1, 4, 2)).toEqual(["ok", "ok", "ok", "ok"]);
  // Suspects share no run; others share around them.
  expect(replica.runs.slice(1)).toEqual([[3, 4], [1], [2]]);
  expect(await ask(1, 2, poison, 5)).toEqual(["ok", "ok", "model_failed", "ok"]);
  expect(replica.runs.slice(4).map((run) => run.toSorted((a, b) => a - b))).toEqual([[1, 2, 5], [poison]]);
  const before = replica.runs.length;
  expect(await ask(poison, 1)).toEqual(["invalid_input", "ok"]);
  await expect(batcher.submit([rowsOf(1, poison)], 1)).rejects.toMatchObject({
    message: expect.stringMatching(/^These values have ended the model's process 2 times \(it ended by SIGSEGV\)/),
    details: { reason: "ended_process", deaths: 2 },
  });
  expect(replica.runs.slice(before)).toEqual([[1]]);
  // For a while: another process may bear it.
  simulation.after(10 * 60_000, () => {});
  await simulation.play();
  expect(await ask(poison)).toEqual(["model_failed"]);
});

test("many of the same kind kill no more than two", async () => {
  const simulation = createSimulation();
  const replica = mortal(simulation);
  const batcher = create(simulation, [replica], 4);
  const outcomes = submit(batcher, [...Array.from({ length: 20 }, () => poison), 1, 2]);
  await simulation.play();
  expect(replica.runs.filter((run) => run.includes(poison)).length).toBe(2);
  expect(outcomes.slice(-2)).toEqual(["ok", "ok"]);
  expect(outcomes.filter((outcome) => outcome === "invalid_input").length).toBeGreaterThanOrEqual(15);
});

test("a request that fails alone after its batch failed does not take the others with it when it kills", async () => {
  const simulation = createSimulation();
  const replica = mortal(simulation);
  const batcher = create(simulation, [replica]);
  const outcomes = submit(batcher, [refused, 1, 2]);
  await simulation.play();
  expect(outcomes).toEqual(["model_failed", "ok", "ok"]);
  expect(replica.runs).toEqual([[refused, 1, 2], [refused], [1], [2]]);
});
