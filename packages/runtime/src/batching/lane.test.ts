import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLane, type LaneSeat } from "./lane.ts";
import { createSimulation } from "./testing/simulation.ts";

/** Members that always have something to run, and how long they ran until the end. */
async function share(slots: number, members: readonly { runMs: number; weight?: number }[], untilMs: number) {
  const simulation = createSimulation();
  const lane = createLane({
    slots,
    longestRunMs: 50,
    inLoop: false,
    defer: (task) => void simulation.after(0, task),
  });
  const used = members.map(() => 0);
  let running = 0;
  let most = 0;
  const longestWait = members.map(() => 0);
  for (const [i, { runMs, weight: wanted = 1 }] of members.entries()) {
    const weight = Math.min(wanted, slots);
    let askedAt = 0;
    const seat: LaneSeat = lane.join({
      weight,
      start() {
        longestWait[i] = Math.max(longestWait[i]!, simulation.now() - askedAt);
        running += weight;
        most = Math.max(most, running);
        simulation.after(runMs, () => {
          running -= weight;
          used[i]! += runMs * weight;
          askedAt = simulation.now();
          seat.ask();
          seat.free(runMs);
        });
        return true;
      },
    });
    seat.ask();
  }
  await simulation.play(untilMs);
  return { used, most, longestWait };
}

describe("a lane", () => {
  test("shares time, not runs: a model of 10 ms gets as much as one of 1 ms", async () => {
    const { used, most } = await share(1, [{ runMs: 10 }, { runMs: 1 }, { runMs: 3 }], 9000);
    for (const ms of used) expect(Math.abs(ms - 3000)).toBeLessThan(60);
    expect(most).toBe(1);
  });

  test("never hands out more slots than it has, and leaves nobody out, whatever runs", async () => {
    const member = fc.record({ runMs: fc.integer({ min: 1, max: 30 }), weight: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (members, slots) => {
          const { used, most, longestWait } = await share(slots, members, 2000);
          expect(most).toBeLessThanOrEqual(slots);
          for (const ms of used) expect(ms).toBeGreaterThan(0);
          for (const ms of longestWait) expect(ms).toBeLessThan(1000);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("idle time is no credit", async () => {
    const simulation = createSimulation();
    const lane = createLane({
      slots: 1,
      longestRunMs: 50,
      inLoop: false,
      defer: (task) => void simulation.after(0, task),
    });
    const order: string[] = [];
    const join = (name: string) => {
      const seat: LaneSeat = lane.join({
        weight: 1,
        start() {
          order.push(name);
          simulation.after(1, () => {
            seat.ask();
            seat.free(1);
          });
          return true;
        },
      });
      return seat;
    };
    join("busy").ask();
    const late = join("late");
    simulation.after(1000.5, () => late.ask());
    await simulation.play(1020);
    const since = order.slice(order.indexOf("late"));
    // It does not run a thousand times in a row for the second that it was idle.
    expect(since.filter((name) => name === "late").length).toBeLessThanOrEqual(since.length / 2 + 1);
  });

  test("a member without work gives its turn back", async () => {
    const simulation = createSimulation();
    const lane = createLane({
      slots: 1,
      longestRunMs: 50,
      inLoop: true,
      defer: (task) => void simulation.after(0, task),
    });
    let ran = 0;
    const empty = lane.join({ weight: 1, start: () => false });
    const other = lane.join({ weight: 1, start: () => (ran++, true) });
    empty.ask();
    other.ask();
    await simulation.play();
    expect(ran).toBe(1);
    expect(empty.contended()).toBe(false);
  });
});
