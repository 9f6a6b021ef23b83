import { shareAt } from "../resolve-steps.ts";
import { whole } from "../share.ts";
import type { RolloutSpec } from "../spec.ts";
import { toConclusion } from "./endings.ts";
import { endOfFreeze } from "./freeze.ts";
import { enter, hold, passes, stays, type Staged, type Turn } from "./turn.ts";

/** Where a share would rise now although it must not: when it may. Null: it may. */
export function frozenUntil({ status, rollout: { spec }, now }: Turn, share: number): number | null {
  return share > shareAt(spec.steps, status.step) ? endOfFreeze(spec.freeze, now) : null;
}

export function holdFrozen(turn: Turn, until: number): Turn {
  return hold(turn, { reason: "freeze", message: `No share rises before ${new Date(until).toISOString()}.` });
}

/** What `when.deadline` makes of a time that is over. */
const lapses: Readonly<Record<RolloutSpec["when"]["deadline"], (turn: Turn, reason: string) => Turn>> = {
  hold: (turn, reason) => hold(turn, { reason: "deadline", message: `${reason} A person has to decide.` }),
  rollback: (turn, reason) =>
    enter(turn, "rolling_back", {
      kind: "decided",
      reason,
      evidence: turn.seen.evidence,
      verdict: toConclusion(turn.seen.evidence),
    }),
  promote(turn, reason) {
    const until = frozenUntil(turn, whole);
    if (until !== null) return holdFrozen(turn, until);
    const { evidence } = turn.seen;
    return enter(turn, "promoting", { kind: "decided", reason, evidence, verdict: toConclusion(evidence) });
  },
};

export function lapse(turn: Turn, reason: string): Turn {
  return lapses[turn.rollout.spec.when.deadline](turn, reason);
}

export const isLate = ({ rollout: { createdAt, spec }, now }: Turn): boolean => now >= createdAt + spec.deadlineMs;

const lateText = "The deadline has passed.";

/** Of steps. What only reports has done so when its time is over; a person who ends a step does so after the deadline, too. */
export function mindDeadline(turn: Turn): Staged {
  if (!isLate(turn) || turn.status.released !== null) return passes(turn);
  if (turn.rollout.spec.finish === "promote") return stays(lapse(turn, lateText));
  const { evidence } = turn.seen;
  return stays(
    enter(turn, "reporting", { kind: "decided", reason: lateText, evidence, verdict: toConclusion(evidence) }),
  );
}

/** Before the first step there is nothing to take back and nothing that speaks for the candidate. */
export function mindDeadlineOfGates(turn: Turn): Staged {
  if (!isLate(turn)) return passes(turn);
  if (turn.rollout.spec.when.deadline === "hold")
    return stays(hold(turn, { reason: "deadline", message: `${lateText} A person has to decide.` }));
  return stays(enter(turn, "rejected", { kind: "ended", reason: `${lateText} No step had begun.`, verdict: "error" }));
}

/** A promotion that cannot be put in force does not wait for ever with the candidate in place. */
export const mindLatePromotion = (turn: Turn): Turn =>
  turn.status.phase !== "promoting" ||
  turn.seen.inForce ||
  !isLate(turn) ||
  turn.rollout.spec.when.deadline !== "rollback"
    ? turn
    : lapse(turn, lateText);
