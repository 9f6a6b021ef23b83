import type { ManifestRollout } from "@slipway/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isInForce } from "../enforcement.ts";
import type { NewEvent } from "../event.ts";
import { commandKinds, type Command, type Observations } from "../observations.ts";
import { terminalPhases, type Phase, type Rollout } from "../rollout.ts";
import { makeRollout, minuteMs, noon, seeing, showing } from "../testing/given.ts";
import { toTraffic } from "../traffic.ts";
import type { Evidence } from "../verdict.ts";
import { decide } from "./decide.ts";
import { endOfFreeze } from "./freeze.ts";

const isLong = process.env["MODE"] === "all";
const runs = isLong ? 20_000 : 60;
const verdict = fc.constantFrom("pass", "pass", "pass", "inconclusive", "no_data", "error", "fail");

type Steps = NonNullable<ManifestRollout["steps"]>;

const step = (share: number): fc.Arbitrary<Steps[number]> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({
          hold: fc.constantFrom("1m", "5m"),
          bake: fc.constantFrom("1m", "9m"),
          min_samples: fc.integer({ min: 1, max: 400 }),
        })
        .map((rest) => ({ traffic: `${share}%`, ...rest })),
    },
    { weight: 1, arbitrary: fc.constantFrom("bob", "anyone").map((approve) => ({ approve, timeout: "20m" })) },
  );

type When = NonNullable<ManifestRollout["when"]>;

/** As YAML has it. */
// oxlint-disable-next-line unicorn/no-thenable
const wait = (hold: string, then: "rollback" | "warn" | "promote"): NonNullable<When["no_data"]> => ({ hold, then });

const section: fc.Arbitrary<ManifestRollout> = fc
  .uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 4 })
  .chain((shares) =>
    fc.record({
      steps: fc
        .tuple(...shares.toSorted((a, b) => a - b).map(step))
        .map((all): Steps => [{ shadow: "50%", hold: "1m" }, ...all, { traffic: "100%", hold: "1m" }]),
      control: fc.constantFrom("rest", "equal"),
      finish: fc.constantFrom("promote", "report"),
      deadline: fc.constantFrom("40m", "3d"),
      freeze: fc.constantFrom([], [{ from: "12:10", to: "12:30" }]),
      when: fc.record({
        no_data: fc.constantFrom("hold", "rollback", "promote", "warn", wait("5m", "rollback"), wait("5m", "warn")),
        srm: fc.constantFrom("hold", "rollback", "warn"),
        error: fc.constantFrom("hold", wait("3m", "promote")),
        inconclusive: fc.constantFrom("hold", "promote", "rollback"),
        deadline: fc.constantFrom("rollback", "promote", "hold"),
      }),
    }),
  );

const sight = fc.record({
  errors: verdict,
  srm: fc.constantFrom("pass", "pass", "fail"),
  signal: fc.constantFrom("pass", "fail", "pass"),
  samples: fc.integer({ min: 0, max: 800 }),
  isSlow: fc.boolean(),
  command: fc.option(
    fc.record({ kind: fc.constantFrom(...commandKinds), actor: fc.constantFrom("ann", "bob", "eve") }),
    { freq: 4 },
  ),
  isTaken: fc.integer({ min: 0, max: 200 }).map((n) => n === 0),
  isKilled: fc.boolean(),
});
type Seen = typeof sight extends fc.Arbitrary<infer T> ? T : never;

interface World {
  rollout: Rollout;
  target: number;
  traffic: string;
  readonly events: NewEvent[];
}

const evidenceOf = ({ errors, srm, signal }: Seen): Evidence[] => [
  showing("errors", errors),
  showing("wrong", signal, "signal"),
  showing("srm", srm, "srm"),
];

const wantedNow = ({ rollout }: World) => toTraffic(rollout, rollout.status);
const shareOf = ({ target, traffic }: ReturnType<typeof toTraffic>) =>
  target === 2 ? 10_000 : (traffic.arms.find(({ name }) => name === "challenger")?.share ?? 0);

function look(world: World, seen: Seen, { now, at }: { readonly now: number; readonly at: number }): Observations {
  const { status } = world.rollout;
  const wanted = wantedNow(world);
  const isThere = world.target === wanted.target && world.traffic === JSON.stringify(wanted.traffic);
  const command: Command[] = seen.command ? [{ id: `c${at}`, message: null, at: now, ...seen.command }] : [];
  const hasLooked = status.phase === "stepping" && status.enteredAt !== null;
  return seeing({
    commands: command,
    inForce: isThere,
    changedBy: seen.isTaken ? { revision: 99, action: "deploy", actor: "eve" } : null,
    gates: [{ gate: "signature", verdict: at % 7 === 6 ? "fail" : "pass", message: "m", evidence: {} }],
    lookedAt: hasLooked ? now : null,
    samples: hasLooked ? seen.samples : 0,
    evidence: hasLooked ? evidenceOf(seen) : [],
  });
}

/** One tick: what is decided is on record unless the process is killed before, and in force unless it is killed after. */
function tick(world: World, seen: Seen, when: { readonly now: number; readonly at: number }): void {
  const before = { wanted: wantedNow(world), status: world.rollout.status };
  const observed = look(world, seen, when);
  const decision = decide(world.rollout, observed, when.now);
  // A second process at the same place decides the same.
  if (seen.isKilled)
    expect(decide(structuredClone(world.rollout), structuredClone(observed), when.now)).toEqual(decision);
  hold(before, decision, { observed, world, now: when.now });
  world.rollout = { ...world.rollout, status: decision.status };
  world.events.push(...decision.events);
  if (terminalPhases.has(world.rollout.status.phase) || seen.isSlow) return;
  const wanted = wantedNow(world);
  [world.target, world.traffic] = [wanted.target, JSON.stringify(wanted.traffic)];
}

const goesBack: ReadonlySet<Phase> = new Set([
  "reporting",
  "rolling_back",
  "cancelling",
  "rolled_back",
  "cancelled",
  "superseded",
  "rejected",
  "succeeded",
]);

/** What holds for every decision. */
function hold(
  before: { readonly wanted: ReturnType<typeof toTraffic>; readonly status: Rollout["status"] },
  { status, events }: ReturnType<typeof decide>,
  { observed, world, now }: { readonly observed: Observations; readonly world: World; readonly now: number },
): void {
  const { rollout } = world;
  const wanted = toTraffic(rollout, status);
  const [had, has] = [shareOf(before.wanted), shareOf(wanted)];
  const harms = observed.evidence.some(({ role, verdict: said }) => role === "guardrail" && said === "fail");
  if (has > had) {
    expect(harms).toBe(false);
    expect(endOfFreeze(rollout.spec.freeze, now)).toBeNull();
  }
  if (!goesBack.has(status.phase)) expect(has).toBeGreaterThanOrEqual(had);
  expect(status.seq).toBe(before.status.seq + events.length);
  // Events lead from the phase before to the phase now, without a gap.
  let place = before.status.phase;
  for (const event of events) {
    expect(event.from).toBe(place);
    place = event.to;
  }
  expect(place).toBe(status.phase);
  const isMoved = status.phase !== before.status.phase || status.step !== before.status.step;
  if (isMoved) expect(events.length).toBeGreaterThan(0);
  else expect(decide({ ...rollout, status }, { ...observed, commands: [] }, now)).toEqual({ status, events: [] });
  requireDivided(wanted);
}

/** Arms neither overlap nor have more than there is. */
function requireDivided({ traffic }: ReturnType<typeof toTraffic>): void {
  let end = 0;
  for (const { from, share } of traffic.arms.toSorted((a, b) => a.from - b.from)) {
    expect(from).toBeGreaterThanOrEqual(end);
    end = from + share;
  }
  expect(end).toBeLessThanOrEqual(10_000);
}

function live(rollout: Rollout, sights: readonly Seen[]): World {
  const world: World = { rollout, target: 1, traffic: "", events: [] };
  for (const [at, seen] of sights.entries()) tick(world, seen, { now: noon + at * 2 * minuteMs, at });
  return world;
}

const sights = fc.array(sight, { minLength: 40, maxLength: 60 });

test("whatever is seen, asked and killed: no share rises on harm or in a freeze, none falls but on the way back, all of it is in events", () => {
  fc.assert(
    fc.property(section, sights, (said, seen) => {
      const world = live(makeRollout(said), seen);
      // Nobody but who may has approved.
      for (const event of world.events) if (event.kind === "approved") expect(event.actor).not.toBe("ann");
      expect(live(makeRollout(said), seen).events).toEqual(world.events);
    }),
    { numRuns: runs, seed: 7 },
  );
});

test("a decided way back is gone to its end, whatever is seen meanwhile", () => {
  fc.assert(
    fc.property(section, sights, (said, seen) => {
      const world = live(
        makeRollout(said, { phase: "rolling_back" }),
        seen.map((each) => ({ ...each, isTaken: false, isSlow: false })),
      );
      expect(world.rollout.status.phase).toBe("rolled_back");
      expect(world.target).toBe(1);
      expect(JSON.parse(world.traffic)).toMatchObject({ arms: [], rules: [], shadows: [] });
    }),
    { numRuns: isLong ? 2000 : 20, seed: 7 },
  );
});

test("traffic that is as wanted is known as such, whatever unit and seed an undivided one has", () => {
  const { target, traffic } = toTraffic(makeRollout(), makeRollout().status);
  const spec = {
    target: { model: "flights", version: 1, follows: null },
    traffic: { ...traffic, unit: "user", seed: "old" },
  };
  expect(isInForce({ spec } as Parameters<typeof isInForce>[0], { target, traffic })).toBe(true);
  expect(isInForce({ spec } as Parameters<typeof isInForce>[0], { target: 2, traffic })).toBe(false);
});
