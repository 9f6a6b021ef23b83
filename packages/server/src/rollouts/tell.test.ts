import { describe, expect, test } from "vitest";
import type { RolloutEvent } from "./event.ts";
import { resolveRollout } from "./resolve.ts";
import { toFirstStatus, type HeldReason, type Phase, type Rollout, type RolloutStatus } from "./rollout.ts";
import { toAnnouncement as announce } from "./tell.ts";
import type { Evidence } from "./verdict.ts";

function rolloutWith(status: Partial<RolloutStatus>): Rollout {
  return {
    id: "r-1",
    endpoint: "fraud",
    model: "fraud",
    from: 1,
    to: 2,
    strategy: "canary",
    spec: resolveRollout({}),
    status: { ...toFirstStatus(1), ...status },
    author: null,
    message: null,
    createdAt: 0,
    updatedAt: 0,
  };
}

function event(kind: RolloutEvent["kind"], to: Phase, evidence: readonly Evidence[] = []): RolloutEvent {
  const rest = { rollout: "r-1", seq: 3, at: 5, actor: null, step: 0, details: {}, prevHash: "", hash: "" };
  return { ...rest, kind, from: "stepping", to, reason: "More of them failed.", evidence };
}

const proof: Evidence = {
  metric: "errors",
  role: "guardrail",
  verdict: "fail",
  message: "4 % of 900 requests failed, with the champion 1 % of 9,000.",
  arms: [],
  estimate: 0.03,
  interval: null,
  eValue: 100,
  p: 0.01,
  alpha: 0.05,
  window: null,
};
/** Of one that nothing held before. */
const toAnnouncement = (rollout: Rollout, events: readonly RolloutEvent[], before: Partial<RolloutStatus> = {}) =>
  announce(rollout, { before: rolloutWith({ phase: "stepping", ...before }), events });
const held = (reason: HeldReason) => ({ reason, since: 4, message: "Somebody has to agree." });

const hold = "hold";
const holding = resolveRollout({ when: { error: hold, no_data: hold, inconclusive: hold } });
const later = { kind: "hold_then", holdMs: 600_000, next: "rollback" } as const;
const conditionOf = { metric_error: "error", no_data: "no_data", inconclusive: "inconclusive" } as const;
const overs = [
  ["stepping", "step"],
  ["stepping", "went_on"],
  ["cancelling", "decided"],
  ["promoting", "decided"],
  ["rolling_back", "harm"],
  ["superseded", "ended"],
] as const;

describe("what channels are told of a rollout", () => {
  test("that it was rolled back, with the evidence, once it is so", () => {
    const events = [event("harm", "rolling_back", [proof]), event("ended", "rolled_back")];
    expect(toAnnouncement(rolloutWith({ phase: "rolling_back" }), events.slice(0, 1))).toBeNull();
    expect(toAnnouncement(rolloutWith({ phase: "rolled_back", reason: "More failed." }), events)).toMatchObject({
      news: "rolled_back",
      id: "r-1",
      watched: { endpoint: "fraud", version: 2 },
      title: "Rolled back: More failed.",
      evidence: [{ metric: "errors" }],
      at: 5,
    });
  });

  test("that a gate rejected it", () => {
    const told = toAnnouncement(rolloutWith({ phase: "rejected" }), [event("ended", "rejected")]);
    expect(told).toMatchObject({ news: "rejected", title: "Rejected: More of them failed." });
  });

  test("that it waits for a person, and that one has agreed; not that it waits for time or traffic", () => {
    const waiting = (reason: HeldReason) =>
      toAnnouncement(rolloutWith({ phase: "stepping", held: held(reason) }), [event("held", "stepping")]);
    expect(waiting("approval")).toMatchObject({ news: "waiting", next: "slipway rollout approve fraud" });
    expect(waiting("srm")).toMatchObject({ news: "waiting", next: "slipway rollout explain fraud" });
    for (const reason of ["hold", "min_samples", "freeze", "manual", "signal"] as const)
      expect(waiting(reason)).toBeNull();
    expect(toAnnouncement(rolloutWith({ phase: "stepping" }), [event("approved", "stepping")])).toMatchObject({
      news: "went_on",
    });
  });

  test("that gates which do not decide wait for a person: nobody asks them again", () => {
    for (const reason of ["metric_error", "no_data", "inconclusive"] as const) {
      const of = { ...rolloutWith({ phase: "gating", held: held(reason) }), spec: holding };
      const told = toAnnouncement(of, [event("held", "gating")]);
      expect(told).toMatchObject({ news: "waiting", next: "slipway rollout explain fraud" });
      // By itself it goes on once the time is over.
      const soon = {
        ...of,
        spec: { ...holding, when: { ...holding.when, [conditionOf[reason]]: later } },
      };
      expect(toAnnouncement(soon, [event("held", "gating")])).toBeNull();
    }
  });

  test("that a wait they were told of is over, whatever ended it", () => {
    const before = { held: held("srm") };
    const over = (phase: Phase, kind: RolloutEvent["kind"], status: Partial<RolloutStatus> = {}) =>
      toAnnouncement(rolloutWith({ phase, ...status }), [event(kind, phase)], before);
    for (const [phase, kind] of overs) expect(over(phase, kind)).toMatchObject({ news: "went_on", id: "r-1" });
    expect(over("stepping", "went_on", { held: held("freeze") })).toMatchObject({ news: "went_on" });
    expect(over("stepping", "held", { held: held("approval") })).toMatchObject({ news: "waiting" });
    expect(over("rejected", "ended")).toMatchObject({ news: "rejected" });
    expect(over("stepping", "warned", before)).toBeNull();
  });

  test("nothing of what goes as it should", () => {
    for (const kind of ["started", "step", "warned", "went_on", "resumed"] as const)
      expect(toAnnouncement(rolloutWith({ phase: "stepping" }), [event(kind, "stepping")])).toBeNull();
    for (const phase of ["succeeded", "cancelled", "superseded"] as const)
      expect(toAnnouncement(rolloutWith({ phase }), [event("ended", phase)])).toBeNull();
  });
});
