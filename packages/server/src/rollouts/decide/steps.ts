import { shareAt } from "../resolve-steps.ts";
import { toPercentText, whole } from "../share.ts";
import type { RolloutSpec, Step } from "../spec.ts";
import { findPresent, isHeldByCondition, react, type Condition } from "./conditions.ts";
import { toConclusion } from "./endings.ts";
import { frozenUntil, holdFrozen, lapse, mindDeadline } from "./lapse.ts";
import { listNeeds } from "./needs.ts";
import { enter, goOn, goThrough, happen, hold, passes, stays, type Staged, type Turn } from "./turn.ts";

export const goThroughSteps = (turn: Turn): Turn =>
  goThrough(turn, [
    begin,
    mindDeadline,
    mindTraffic,
    mindApprovalTime,
    mindPause,
    mindRelease,
    mindSignals,
    mindConditions,
    mindNeeds,
    (ready) => stays(advance(ready)),
  ]);

/** A step begins when its traffic is in force, also after the deadline: from then on it is looked at, and harm is averted. */
function begin(turn: Turn): Staged {
  if (turn.status.enteredAt !== null || !turn.seen.inForce) return passes(turn);
  // What the deadline says, it goes on saying.
  const free = turn.status.held?.reason === "deadline" ? turn : goOn(turn);
  return passes({ ...free, status: { ...free.status, enteredAt: turn.now } });
}

function mindTraffic(turn: Turn): Staged {
  const { inForce, trouble } = turn.seen;
  if (!inForce && trouble !== null) return stays(hold(turn, { reason: "capacity", message: trouble }));
  return turn.status.enteredAt === null ? stays(goOn(turn)) : passes(turn);
}

function mindApprovalTime(turn: Turn): Staged {
  const { step, enteredAt, released } = turn.status;
  const present = turn.rollout.spec.steps[step];
  if (present?.kind !== "approve" || present.timeoutMs === null || released !== null) return passes(turn);
  if (enteredAt === null || turn.now < enteredAt + present.timeoutMs) return passes(turn);
  return stays(lapse(turn, "Nobody approved it in time."));
}

function mindPause(turn: Turn): Staged {
  return turn.status.paused ? stays(hold(turn, { reason: "manual", message: "Somebody paused it." })) : passes(turn);
}

function mindRelease(turn: Turn): Staged {
  return turn.status.released === null ? passes(turn) : stays(advance(turn));
}

function mindSignals(turn: Turn): Staged {
  const shown = turn.seen.evidence.filter(({ role, verdict }) => role === "signal" && verdict === "fail");
  if (shown.length === 0) return passes(turn);
  const message = shown.map((each) => each.message).join(" ");
  return stays(hold(turn, { reason: "signal", message, evidence: shown }));
}

const always: readonly Condition[] = ["error", "no_data", "srm"];

/** What is undecided counts when nothing else keeps the step: until then it may yet be decided. */
function mindConditions(turn: Turn): Staged {
  const { status, rollout, seen, now } = turn;
  if (!isLookedAt(rollout.spec.steps, status.step)) return react(turn, {});
  // After a restart nothing was looked at yet: what lasted then is neither over nor news.
  if (seen.lookedAt === null) return isHeldByCondition(status) ? stays(turn) : passes(turn);
  const isReady = listNeeds({ ...rollout, status }, seen, now).every(({ met }) => met);
  return react(turn, findPresent(seen.evidence, isReady ? [...always, "inconclusive"] : always));
}

/** Where nobody but testers is sent to the candidate, or nobody yet, there is nothing to miss. */
function isLookedAt(steps: readonly Step[], step: number): boolean {
  return (
    shareAt(steps, step) > 0 || steps.slice(0, step + 1).findLast(({ kind }) => kind !== "approve")?.kind === "shadow"
  );
}

function mindNeeds(turn: Turn): Staged {
  const { status, rollout, seen, now } = turn;
  const missing = listNeeds({ ...rollout, status }, seen, now).find(({ met }) => !met);
  return missing === undefined ? passes(turn) : stays(hold(turn, missing));
}

export type Advance =
  | { readonly kind: "step"; readonly step: number; readonly share: number }
  | { readonly kind: "promote" | "report"; readonly share: number };

/** What follows on a step; -1: on the gates. */
export function whatFollows({ steps, finish }: Pick<RolloutSpec, "steps" | "finish">, step: number): Advance {
  const next = step + 1;
  if (next < steps.length) return { kind: "step", step: next, share: shareAt(steps, next) };
  return finish === "promote" ? { kind: "promote", share: whole } : { kind: "report", share: 0 };
}

/** To what follows, unless the share must not rise now. `told`: the event's own words, where the step is the first. */
export function advance(turn: Turn, told: { readonly kind: "gated"; readonly reason: string } | null = null): Turn {
  const { rollout, status, seen } = turn;
  const following = whatFollows(rollout.spec, status.step);
  const until = frozenUntil(turn, following.share);
  if (until !== null) return holdFrozen(turn, until);
  const { evidence } = seen;
  if (following.kind === "step") {
    const { step } = following;
    const next = { phase: "stepping", step, enteredAt: null, held: null, released: null, conditions: {} } as const;
    const reason = describeStep(rollout.spec, step);
    return happen(
      turn,
      next,
      told ? { ...told, reason: `${told.reason} ${reason}` } : { kind: "step", reason, evidence },
    );
  }
  const reason = told?.reason ?? `${status.step + 1} of ${rollout.spec.steps.length} steps have passed.`;
  const phase = following.kind === "promote" ? "promoting" : "reporting";
  return enter(turn, phase, { kind: told?.kind ?? "decided", reason, evidence, verdict: toConclusion(evidence) });
}

function describeStep({ steps }: RolloutSpec, index: number): string {
  const step = steps[index];
  const place = `Step ${index + 1} of ${steps.length}`;
  if (step === undefined) return place;
  if (step.kind === "approve") return `${place}: ${step.who === "anyone" ? "somebody" : step.who} has to agree.`;
  const share = toPercentText(step.share);
  return step.kind === "shadow"
    ? `${place}: the candidate answers ${share} of the requests once more, for nobody.`
    : `${place}: the candidate has ${share} of the traffic.`;
}
