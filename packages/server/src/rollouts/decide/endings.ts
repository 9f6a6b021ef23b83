import type { Phase } from "../rollout.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { enter, hold, type Stage, type Turn } from "./turn.ts";

const worstFirst: readonly Verdict[] = ["fail", "error", "no_data", "inconclusive", "pass"];

/** What all that decides comes to. Nothing to compare: pass. */
export function toConclusion(evidence: readonly Evidence[]): Verdict {
  const deciding = evidence.filter(({ role }) => role !== "observe");
  return worstFirst.find((verdict) => deciding.some((each) => each.verdict === verdict)) ?? "pass";
}

/** What a foreign change of the traffic makes of each phase: what was decided stays decided. */
export const whenForeign: Readonly<Record<Phase, Phase>> = {
  pending: "superseded",
  gating: "superseded",
  stepping: "superseded",
  promoting: "superseded",
  reporting: "succeeded",
  rolling_back: "rolled_back",
  cancelling: "cancelled",
  succeeded: "succeeded",
  rolled_back: "rolled_back",
  cancelled: "cancelled",
  rejected: "rejected",
  superseded: "superseded",
};

/** Somebody else has the traffic now. */
export const supersede: Stage = (turn) => {
  const { changedBy, evidence } = turn.seen;
  if (changedBy === null) return turn;
  const { actor, action, revision } = changedBy;
  const reason = `Revision ${revision} (${action}${actor === null ? "" : ` by ${actor}`}) changed what the endpoint serves`;
  const to = whenForeign[turn.status.phase];
  return enter(turn, to, { kind: "ended", actor, reason, evidence, details: { revision, action } });
};

/** The traffic is on its way to where the rollout has decided that it belongs. */
function settle(turn: Turn, to: Phase, reason: string): Turn {
  const { inForce, trouble } = turn.seen;
  if (inForce) {
    const told = enter(turn, to, { kind: "ended", reason });
    // Why it was decided is what remains of it.
    return { ...told, status: { ...told.status, reason: turn.status.reason } };
  }
  return trouble === null ? turn : hold(turn, { reason: "capacity", message: trouble });
}

const name = ({ rollout: { model } }: Turn, version: number): string => `${model}@${version}`;

export const settlePromoting: Stage = (turn) =>
  settle(turn, "succeeded", `${name(turn, turn.rollout.to)} serves all of the traffic.`);
export const settleReporting: Stage = (turn) =>
  settle(turn, "succeeded", `${name(turn, turn.rollout.from)} serves all of the traffic again; the report stands.`);
export const settleRollingBack: Stage = (turn) =>
  settle(turn, "rolled_back", `${name(turn, turn.rollout.from)} serves all of the traffic again.`);
export const settleCancelling: Stage = (turn) =>
  settle(turn, "cancelled", `${name(turn, turn.rollout.from)} serves all of the traffic again.`);

/** Harm is proven, whatever else there is: the way back begins. */
export const avertHarm: Stage = (turn) => {
  const { phase } = turn.status;
  // What is promoted already is in nobody's hands but those of who promotes next.
  const isServing = phase === "stepping" || (phase === "promoting" && !turn.seen.inForce);
  const harm = turn.seen.evidence.filter(isHarm);
  if (!isServing || turn.seen.lookedAt === null || harm.length === 0) return turn;
  const reason = harm.map(({ message }) => message).join(" ");
  return enter(turn, "rolling_back", { kind: "harm", reason, evidence: harm, verdict: "fail" });
};

export function isHarm({ role, verdict }: Evidence): boolean {
  return verdict === "fail" && (role === "guardrail" || role === "limit");
}
