import fc from "fast-check";
import { expect, test } from "vitest";
import { findKnee, type Probe } from "./knee.ts";

/** A server that holds its SLO up to a rate and fails clearly beyond. */
function serverWith(capacity: number, generator = Number.POSITIVE_INFINITY) {
  return async (perSecond: number): Promise<Probe> => {
    const generatorBound = perSecond > generator;
    return { perSecond, holds: perSecond <= Math.min(capacity, generator), close: false, generatorBound };
  };
}

test("finds the knee within a tenth, wherever it begins to look", async () => {
  const setup = fc.record({
    capacity: fc.double({ min: 3, max: 50_000, noNaN: true }),
    guess: fc.double({ min: 0.05, max: 20, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(setup, async ({ capacity, guess }) => {
      const { knee, beyond, ended, probes } = await findKnee({
        from: capacity * guess,
        most: 40,
        probe: serverWith(capacity),
      });
      expect(ended).toBe("slo");
      expect(knee!.perSecond).toBeLessThanOrEqual(capacity);
      expect(beyond).toBeGreaterThan(capacity);
      // Near 1 a second rates of three digits are still fine enough.
      expect(beyond! / knee!.perSecond).toBeLessThanOrEqual(1.11);
      expect(probes.length).toBeLessThan(20);
    }),
  );
});

test("a good guess takes few tries", async () => {
  const { probes } = await findKnee({ from: 500, most: 40, probe: serverWith(820) });
  expect(probes.map(({ perSecond }) => perSecond)).toEqual([500, 800, 1280, 1010, 899, 848]);
});

test("where no rate holds it says so", async () => {
  expect(await findKnee({ from: 100, most: 40, probe: serverWith(0) })).toMatchObject({ knee: null, ended: "floor" });
});

test("where the load is the bound it claims no knee of the server beyond", async () => {
  const found = await findKnee({ from: 100, most: 40, probe: serverWith(1e9, 300) });
  expect(found).toMatchObject({ beyond: null, ended: "generator" });
  expect(found.knee?.perSecond).toBeGreaterThan(270);
  const late = await findKnee({ from: 5000, most: 40, probe: serverWith(1e9, 300) });
  expect(late).toMatchObject({ beyond: null, ended: "generator" });
  expect(late.knee?.perSecond).toBeGreaterThan(270);
});

test("tries no more often than it may", async () => {
  const found = await findKnee({ from: 1, most: 3, probe: serverWith(1000) });
  expect(found).toMatchObject({ knee: { perSecond: 2.56 }, ended: "tries" });
  expect(found.probes).toHaveLength(3);
});

test("a near miss is looked at twice", async () => {
  let misses = 1;
  const probe = async (perSecond: number): Promise<Probe> => {
    const holds = perSecond <= 100 && !(perSecond === 100 && misses-- > 0);
    return { perSecond, holds, close: perSecond <= 100, generatorBound: false };
  };
  const { knee, probes } = await findKnee({ from: 100, most: 20, probe });
  expect(probes.slice(0, 2).map(({ perSecond, holds }) => [perSecond, holds])).toEqual([
    [100, false],
    [100, true],
  ]);
  expect(knee?.perSecond).toBe(100);
});

test("a miss is a miss, however near, when it comes again", async () => {
  const probe = async (perSecond: number): Promise<Probe> => {
    return { perSecond, holds: perSecond <= 80, close: true, generatorBound: false };
  };
  expect((await findKnee({ from: 100, most: 40, probe })).knee?.perSecond).toBeLessThanOrEqual(80);
});

test("what is stopped keeps what it knows", async () => {
  const stop = new AbortController();
  const probe = async (perSecond: number): Promise<Probe> => {
    if (perSecond > 200) stop.abort();
    return serverWith(1000)(perSecond);
  };
  const found = await findKnee({ from: 100, most: 20, probe, signal: stop.signal });
  expect(found).toMatchObject({ knee: { perSecond: 160 }, ended: "stopped" });
});
