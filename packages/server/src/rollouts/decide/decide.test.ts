import type { ManifestRollout } from "@slipway/contract";
import { expect, test } from "vitest";
import { commandKinds, type Command, type CommandKind } from "../observations.ts";
import type { Phase, Rollout } from "../rollout.ts";
import { terminalPhases } from "../rollout.ts";
import { makeRollout, minuteMs, noon, seeing, showing, stepping, twoSteps } from "../testing/given.ts";
import { fits } from "./commands.ts";
import { decide } from "./decide.ts";
import { whenForeign } from "./endings.ts";

const phases = Object.keys(whenForeign) as Phase[];
const ask = (kind: CommandKind, actor: string | null = "bob"): Command => ({
  id: kind,
  kind,
  actor,
  message: null,
  at: noon,
});
const passing = [showing("errors", "pass"), showing("latency", "inconclusive"), showing("srm", "pass", "srm")];
const late = noon + 11 * minuteMs;
const enough = { lookedAt: late, samples: 200, evidence: passing };

/** After the decision. */
const after = (rollout: Rollout, seen: Parameters<typeof seeing>[0], now = late): Rollout => ({
  ...rollout,
  status: decide(rollout, seeing(seen), now).status,
});

test("a step that has all that it needs gives way to the next, and the last to the promotion", () => {
  const first = makeRollout(twoSteps, stepping());
  const { status, events } = decide(first, seeing(enough), late);
  expect(status).toMatchObject({ phase: "stepping", step: 1, enteredAt: null, seq: 2 });
  expect(events).toMatchObject([
    { kind: "step", step: 1, reason: "Step 2 of 2: the candidate has 100 % of the traffic." },
  ]);
  expect(events[0]?.evidence).toEqual(passing);

  const begun = after({ ...first, status }, { inForce: true });
  expect(begun.status).toMatchObject({ step: 1, enteredAt: late });
  const baked = late + 31 * minuteMs;
  const promoting = after(begun, { samples: 100, lookedAt: baked, evidence: passing }, baked);
  expect(promoting.status).toMatchObject({ phase: "promoting", verdict: "inconclusive" });
  expect(after(promoting, { inForce: false }).status.phase).toBe("promoting");
  expect(after(promoting, { inForce: true }).status.phase).toBe("succeeded");
});

const waits: readonly [string, Parameters<typeof seeing>[0], number, string][] = [
  ["its time", { ...enough, lookedAt: noon + minuteMs }, noon + minuteMs, "hold"],
  ["a look at the end of its time", { ...enough, lookedAt: noon + 9 * minuteMs }, late, "hold"],
  ["any look", { ...enough, lookedAt: null }, late, "hold"],
  ["its samples", { ...enough, samples: 199 }, late, "min_samples"],
  ["a signal that is over", { ...enough, evidence: [showing("wrong", "fail", "signal")] }, late, "signal"],
  ["data", { ...enough, evidence: [showing("errors", "no_data")] }, late, "no_data"],
  ["a metric that can be read", { ...enough, evidence: [showing("errors", "error")] }, late, "metric_error"],
  ["shares that are right", { ...enough, evidence: [showing("srm", "fail", "srm")] }, late, "srm"],
];

test.each(waits)("a step waits for %s", (_, seen, now, reason) => {
  const held = after(makeRollout(twoSteps, stepping()), seen, now);
  expect(held.status).toMatchObject({ phase: "stepping", step: 0, held: { reason, since: now } });
  // The same again is no news.
  expect(decide(held, seeing(seen), now + 1000)).toEqual({ status: held.status, events: [] });
});

test("harm is taken back at once: paused, approved, late or with people who want otherwise", () => {
  const harm = { lookedAt: noon + 1, evidence: [showing("errors", "fail"), ...passing] };
  const asked = [ask("promote"), ask("skip-step"), ask("pause")];
  for (const status of [{}, { paused: true }, { released: "skipped" as const }]) {
    const { status: next, events } = decide(
      makeRollout(twoSteps, { ...stepping(), ...status }),
      seeing({ ...harm, commands: asked }),
      late,
    );
    expect(next).toMatchObject({ phase: "rolling_back", verdict: "fail", reason: "errors is fail." });
    expect(events.map(({ kind }) => kind)).toEqual(["harm", "warned", "warned", "warned"]);
  }
  expect(
    decide(makeRollout(twoSteps, stepping()), seeing({ ...harm, evidence: [showing("p95", "fail", "limit")] }), late)
      .status.phase,
  ).toBe("rolling_back");
  // A signal, or what is only observed, takes nothing back.
  for (const role of ["signal", "observe", "goal"] as const)
    expect(
      decide(makeRollout(twoSteps, stepping()), seeing({ ...harm, evidence: [showing("x", "fail", role)] }), late)
        .status.phase,
    ).toBe("stepping");
});

test("gates let pass, reject, or follow `when`", () => {
  const gating = makeRollout(
    // oxlint-disable-next-line unicorn/no-thenable
    { ...twoSteps, when: { error: "rollback", no_data: { hold: "5m", then: "warn" } } },
    { phase: "gating" },
  );
  const gate = (verdict: "pass" | "fail" | "error" | "no_data") => [
    { gate: "offline", verdict, message: "m", evidence: {} },
  ];
  expect(after(gating, { gates: null }).status.phase).toBe("gating");
  expect(after(gating, { gates: gate("pass") }).status).toMatchObject({ phase: "stepping", step: 0 });
  expect(after(gating, { gates: gate("fail") }).status).toMatchObject({
    phase: "rejected",
    verdict: "fail",
    reason: "offline: m",
  });
  expect(after(gating, { gates: gate("error") }).status).toMatchObject({ phase: "rejected", verdict: "error" });
  const held = after(gating, { gates: gate("no_data") }, noon);
  expect(held.status).toMatchObject({ phase: "gating", held: { reason: "no_data" } });
  expect(after(held, { gates: gate("no_data") }, noon + 5 * minuteMs).status).toMatchObject({
    phase: "stepping",
    step: 0,
  });
});

test("an approval is somebody else's", () => {
  const rollout = makeRollout({ steps: [{ approve: "bob", timeout: "1h" }, { traffic: "100%" }] }, stepping());
  expect(after(rollout, {}).status.held?.reason).toBe("approval");
  for (const actor of ["ann", "eve", null])
    expect(
      after(rollout, { commands: [ask("approve", actor), ask("skip-step", actor), ask("promote", actor)] }).status,
    ).toMatchObject({
      phase: "stepping",
      step: 0,
    });
  expect(after(rollout, { commands: [ask("approve", "bob")] }).status.step).toBe(1);
  expect(after(rollout, {}, noon + 60 * minuteMs).status).toMatchObject({
    phase: "rolling_back",
    reason: "Nobody approved it in time.",
  });
  const anyone = makeRollout({ steps: [{ approve: "anyone" }, { traffic: "100%" }] }, stepping());
  expect(after(anyone, { commands: [ask("approve", "ann")] }).status.step).toBe(0);
  expect(after(anyone, { commands: [ask("approve", "eve")] }).status.step).toBe(1);
  // Without tokens nobody is known from anybody else.
  expect(after({ ...anyone, author: null }, { commands: [ask("approve", null)] }).status.step).toBe(1);
});

test("no share rises in a freeze, and one that goes past midnight is of the day on which it began", () => {
  const freeze = [{ from: "22:00", to: "02:00", days: ["thursday"] }] as const;
  const rollout = makeRollout(
    { ...twoSteps, freeze: [...freeze].map((each) => ({ ...each, days: [...each.days] })) },
    stepping(),
  );
  const hours = (count: number) => noon + count * 60 * minuteMs;
  const at = (now: number) => decide(rollout, seeing({ ...enough, lookedAt: now }), now).status;
  expect(at(hours(9))).toMatchObject({ step: 1 });
  for (const hour of [10, 12, 13.9]) expect(at(hours(hour))).toMatchObject({ step: 0, held: { reason: "freeze" } });
  expect(at(hours(14))).toMatchObject({ step: 1 });
  expect(at(hours(34))).toMatchObject({ step: 1 });
  const asked = decide(rollout, seeing({ ...enough, lookedAt: hours(10), commands: [ask("promote")] }), hours(10));
  expect(asked).toMatchObject({ status: { phase: "stepping" }, events: [{ kind: "warned" }, { kind: "held" }] });
});

const deadlines = [
  [{}, "rolling_back"],
  [{ when: { deadline: "promote" } }, "promoting"],
  [{ when: { deadline: "hold" } }, "stepping"],
  [{ finish: "report" }, "reporting"],
] as const;

test.each(deadlines)("the deadline of %j ends in %s", (section, phase) => {
  const rollout = makeRollout({ ...twoSteps, ...section }, { ...stepping(), paused: true });
  expect(after(rollout, {}, noon + rollout.spec.deadlineMs - 1).status.phase).toBe("stepping");
  const lapsed = after(rollout, {}, noon + rollout.spec.deadlineMs);
  expect(lapsed.status.phase).toBe(phase);
  if (phase === "stepping") expect(lapsed.status.held?.reason).toBe("deadline");
});

test("what somebody else makes serve ends a rollout, but not what was decided", () => {
  for (const phase of phases) {
    const { status, events } = decide(
      makeRollout(twoSteps, { phase }),
      seeing({ changedBy: { revision: 9, action: "deploy", actor: "eve" } }),
      late,
    );
    expect(status.phase).toBe(whenForeign[phase]);
    expect(terminalPhases.has(status.phase)).toBe(true);
    expect(events).toHaveLength(terminalPhases.has(phase) ? 0 : 1);
  }
});

test("each command has an answer in each phase", () => {
  for (const phase of phases)
    for (const kind of commandKinds) {
      const place = phase === "stepping" ? stepping() : { phase };
      const { status, events } = decide(
        makeRollout(twoSteps, place),
        seeing({ ready: false, inForce: false, commands: [ask(kind)] }),
        late,
      );
      expect(fits[kind][phase], `${kind} ${phase}`).not.toBeUndefined();
      if (terminalPhases.has(phase)) expect(events).toEqual([]);
      else expect(events[0]?.details).toMatchObject({ command: kind });
      if (fits[kind][phase] !== null) expect(status.phase).toBe(phase);
    }
});

test("what keeps the traffic from being in force is said, and forgotten when it is over", () => {
  const rollout = makeRollout(twoSteps, { phase: "stepping", step: 0 });
  const stuck = decide(rollout, seeing({ inForce: false, trouble: "flights@2 did not load." }), noon);
  expect(stuck).toMatchObject({
    status: { enteredAt: null, held: { reason: "capacity" } },
    events: [{ kind: "held" }],
  });
  const free = decide({ ...rollout, status: stuck.status }, seeing({ inForce: true }), noon + 5000);
  expect(free).toMatchObject({
    status: { enteredAt: noon + 5000, held: { reason: "hold" } },
    events: [{ kind: "went_on" }],
  });
});

test("a step whose traffic comes into force after the deadline begins all the same: harm is still averted", () => {
  const section: ManifestRollout = { ...twoSteps, deadline: "1h", when: { deadline: "hold" } };
  const lateNow = noon + 61 * minuteMs;
  const waiting = after(makeRollout(section, { phase: "stepping", step: 1 }), { inForce: false }, lateNow);
  expect(waiting.status).toMatchObject({ enteredAt: null, held: { reason: "deadline" } });
  const { status, events } = decide(waiting, seeing(), lateNow + 1000);
  expect([status.enteredAt, status.held?.reason, events]).toEqual([lateNow + 1000, "deadline", []]);
  const harm = { lookedAt: lateNow + 2000, evidence: [showing("errors", "fail")] };
  expect(after({ ...waiting, status }, harm, lateNow + 3000).status.phase).toBe("rolling_back");
});

test("a restart neither ends nor begins anew what lasts", () => {
  // oxlint-disable-next-line unicorn/no-thenable
  const section: ManifestRollout = { ...twoSteps, when: { no_data: { hold: "30m", then: "rollback" } } };
  const at = (minutes: number) => noon + minutes * minuteMs;
  const blind = (minutes: number) => ({ lookedAt: at(minutes), evidence: [showing("errors", "no_data")] });
  const held = after(makeRollout(section, stepping()), blind(5), at(5));
  expect(held.status).toMatchObject({ conditions: { no_data: at(5) }, held: { reason: "no_data" } });
  const restarted = decide(held, seeing({ lookedAt: null }), at(34));
  expect(restarted).toEqual({ status: held.status, events: [] });
  expect(after({ ...held, status: restarted.status }, blind(36), at(36)).status.phase).toBe("rolling_back");
});
