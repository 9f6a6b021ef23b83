import type { Replica, Tensor } from "@slipway/runtime";
import { expect, test } from "vitest";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { createRecycledReplica, createTurns, type RecycleSettings } from "./recycled-replica.ts";

const one: Tensor = { name: "x", datatype: "FP32", shape: [1], data: Float32Array.of(1) };

/** A copy that answers with its number, as late as it is told. */
function copyOf(number: number, log: string[]) {
  const held: (() => void)[] = [];
  const state = { hold: false, closed: false, release: () => held.splice(0).forEach((go) => go()) };
  const replica: Replica = {
    depth: 2,
    async run() {
      if (state.closed) throw new Error(`${number} is closed`);
      if (state.hold) await new Promise<void>((resolve) => held.push(resolve));
      return [{ ...one, data: Float32Array.of(number) }];
    },
    close() {
      state.closed = true;
      log.push(`closed ${number}`);
      return Promise.resolve();
    },
  };
  return { replica, state };
}

function create(recycle: RecycleSettings, { failing = new Set<number>() } = {}) {
  const log: string[] = [];
  const copies = [copyOf(0, log)];
  let now = 0;
  const timers: { at: number; task: () => void }[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonic: () => now,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
  };
  let opened = 0;
  const replica = createRecycledReplica({
    first: copies[0]!.replica,
    async open() {
      opened++;
      log.push(`open ${opened}`);
      await Promise.resolve();
      if (failing.has(opened)) throw new Error(`no ${opened}`);
      copies.push(copyOf(opened, log));
      return copies.at(-1)!.replica;
    },
    recycle,
    inTurn: createTurns(),
    clock,
    onRecycled: (reason) => log.push(reason ?? "recycled"),
  });
  async function settle() {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  return {
    replica,
    copies,
    log,
    settle,
    ask: async (requests = 1) => (await replica.run([one], { requests }))[0]!.data[0],
    async pass(ms: number) {
      now += ms;
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.task();
      }
      await settle();
    },
  };
}

test("after so many requests the next run goes to a fresh copy, and the old one ends what it has begun", async () => {
  const { copies, ask, log, settle } = create({ requests: 10 });
  expect(await ask(4)).toBe(0);
  copies[0]!.state.hold = true;
  const held = ask(6);
  await settle();
  expect(log).toEqual(["open 1", "recycled"]);
  expect(await ask()).toBe(1);
  copies[0]!.state.release();
  expect(await held).toBe(0);
  await settle();
  expect(log).toEqual(["open 1", "recycled", "closed 0"]);
  expect(await ask(8)).toBe(1);
  expect(await ask()).toBe(1);
  await settle();
  expect(await ask()).toBe(2);
});

test("after so long, too", async () => {
  const { ask, log, pass } = create({ afterMs: 1000 });
  await pass(999);
  expect(log).toEqual([]);
  await pass(1);
  expect(await ask()).toBe(1);
  await pass(1000);
  expect(log).toEqual(["open 1", "recycled", "closed 0", "open 2", "recycled", "closed 1"]);
});

test("where the fresh copy does not prove itself, the old one goes on, and it is tried again later, not at once", async () => {
  const { ask, log, pass, settle } = create({ requests: 1 }, { failing: new Set([1]) });
  expect(await ask()).toBe(0);
  await settle();
  expect(await ask()).toBe(0);
  await settle();
  expect(log).toEqual(["open 1", "no 1"]);
  await pass(61_000);
  expect(await ask()).toBe(2);
});

test("closed in the middle of a replacement, nothing stays open", async () => {
  const { replica, copies, ask } = create({ requests: 1 });
  await ask();
  await replica.close();
  expect(copies.every(({ state }) => state.closed)).toBe(true);
});

test("copies of a version are replaced one after the other", async () => {
  const inTurn = createTurns();
  const log: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
  await Promise.allSettled([inTurn(work("a", true)), inTurn(work("b"))]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
