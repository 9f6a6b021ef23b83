import type { GateResult } from "../observations.ts";
import type { Evidence } from "../verdict.ts";
import { react } from "./conditions.ts";
import { mindDeadlineOfGates } from "./lapse.ts";
import { advance } from "./steps.ts";
import { enter, goOn, goThrough, hold, passes, stays, type Staged, type Turn } from "./turn.ts";

/** From the start until the log's end is marked. */
export const waitUntilReady = (turn: Turn): Turn => goThrough(turn, [mindDeadlineOfGates, mindPause, beginGates]);

export const goThroughGates = (turn: Turn): Turn =>
  goThrough(turn, [mindDeadlineOfGates, mindPause, mindSkip, mindResults]);

function mindPause(turn: Turn): Staged {
  return turn.status.paused ? stays(hold(turn, { reason: "manual", message: "Somebody paused it." })) : passes(turn);
}

function beginGates(turn: Turn): Staged {
  const { ready, trouble } = turn.seen;
  if (!ready) return stays(trouble === null ? goOn(turn) : hold(turn, { reason: "capacity", message: trouble }));
  const count = turn.rollout.spec.gates.length;
  const reason = count === 0 ? "There are no gates." : `${count === 1 ? "One gate is" : `${count} gates are`} asked.`;
  return stays(enter(turn, "gating", { kind: "step", reason }));
}

function mindSkip(turn: Turn): Staged {
  if (turn.status.released === null) return passes(turn);
  return stays(advance(turn, { kind: "gated", reason: "The gates were skipped." }));
}

function mindResults(turn: Turn): Staged {
  const { gates, trouble } = turn.seen;
  if (gates === null)
    return stays(trouble === null ? goOn(turn) : hold(turn, { reason: "capacity", message: trouble }));
  const evidence = gates.map(toEvidence);
  const failed = evidence.filter(({ verdict }) => verdict === "fail");
  if (failed.length > 0) {
    const reason = failed.map(({ metric, message }) => `${metric}: ${message}`).join(" ");
    return stays(enter(turn, "rejected", { kind: "ended", reason, evidence, verdict: "fail" }));
  }
  const of = (wanted: Evidence["verdict"]) => evidence.filter(({ verdict }) => verdict === wanted);
  const shown = { error: of("error"), no_data: of("no_data"), inconclusive: of("inconclusive") };
  const present = Object.fromEntries(Object.entries(shown).filter(([, some]) => some.length > 0));
  const { turn: next, stays: isHeld } = react(turn, present);
  if (isHeld) return stays(next);
  const told = { kind: "gated", reason: toGatedText(evidence) } as const;
  return stays(advance({ ...next, seen: { ...next.seen, evidence } }, told));
}

function toGatedText(evidence: readonly Evidence[]): string {
  const passed = evidence.filter(({ verdict }) => verdict === "pass");
  return evidence.length === 0 ? "There was no gate." : `${passed.length} of ${evidence.length} gates passed.`;
}

function toEvidence({ gate, verdict, message, evidence: details }: GateResult): Evidence {
  const nothing = { arms: [], estimate: null, interval: null, eValue: null, p: null, alpha: null, window: null };
  return { metric: gate, role: "gate", verdict, message, ...nothing, details };
}
