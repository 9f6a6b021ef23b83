import type { Replica } from "../../runtime.ts";
import type { Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";

/** Time that passes only when something happens in it; nothing in here waits for a real clock. */
export interface Simulation {
  now(): number;
  /** Milliseconds from now. */
  after(ms: number, task: () => void): () => void;
  /** Lets everything happen, in its order, until nothing is left or the time is over. */
  play(untilMs?: number): Promise<void>;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

export function createSimulation(): Simulation {
  let now = 0;
  let order = 0;
  const events: Event[] = [];
  return {
    now: () => now,
    after(ms, task) {
      const event = { at: now + Math.max(0, ms), order: order++, task, cancelled: false };
      // Nearly all are for later than those that wait: look for the place from the end.
      let at = events.length;
      while (
        at > 0 &&
        (events[at - 1]!.at > event.at || (events[at - 1]!.at === event.at && events[at - 1]!.order > event.order))
      )
        at--;
      events.splice(at, 0, event);
      return () => void (event.cancelled = true);
    },
    async play(untilMs = Infinity) {
      for (let event = events[0]; event !== undefined; event = events[0]) {
        if (event.at > untilMs) return;
        events.shift();
        if (event.cancelled) continue;
        now = event.at;
        event.task();
        // What promises do about it belongs to the same moment.
        for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      }
    },
  };
}

export const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, -1], nullable: false }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1, -1] }],
  packed: null,
  batched: true,
};

export function rowsOf(count: number, value = 0): Tensor {
  return { name: "x", datatype: "FP32", shape: [count, 1], data: new Float32Array(count).fill(value) };
}

/** A replica whose runs take `ms(rows)` of simulated time, one at a time, and answer with what they got. */
export function simulatedReplica(
  { after, now }: Pick<Simulation, "after" | "now">,
  ms: (rows: number, now: number) => number,
  depth = 1,
): Replica & { readonly runs: number[] } {
  const runs: number[] = [];
  let last: Promise<unknown> = Promise.resolve();
  return {
    depth,
    runs,
    run([x]) {
      const rows = x!.shape[0]!;
      const before = last;
      const run = (async () => {
        await before;
        runs.push(rows);
        await new Promise<void>((resolve) => void after(ms(rows, now()), resolve));
        return [{ ...x!, name: "y" }];
      })();
      last = run;
      return run;
    },
    close: () => Promise.resolve(),
  };
}
