import type { HeldReason, RolloutStatus } from "../rollout.ts";
import type { Reaction } from "../spec.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { enter, happen, hold, passes, stays, type Staged, type Turn } from "./turn.ts";

export type Condition = keyof RolloutStatus["conditions"];

/** The words of one that lasts. */
const reasons: Readonly<
  Record<Condition, { readonly held: HeldReason; readonly verdict: Verdict; readonly text: string }>
> = {
  error: { held: "metric_error", verdict: "error", text: "it could not be looked at" },
  no_data: { held: "no_data", verdict: "no_data", text: "there was nothing to look at" },
  srm: { held: "srm", verdict: "fail", text: "the arms do not have the shares that they should have" },
  inconclusive: { held: "inconclusive", verdict: "inconclusive", text: "what is known does not decide it" },
};

const heldReasons: ReadonlySet<HeldReason> = new Set(Object.values(reasons).map(({ held }) => held));

export const isHeldByCondition = ({ held }: RolloutStatus): boolean => held !== null && heldReasons.has(held.reason);

export const order: readonly Condition[] = ["error", "no_data", "srm", "inconclusive"];

export type Present = Readonly<Partial<Record<Condition, readonly Evidence[]>>>;

const decides: ReadonlySet<Evidence["role"]> = new Set(["guardrail", "limit", "signal", "goal", "srm"]);
const bounds: ReadonlySet<Evidence["role"]> = new Set(["guardrail", "limit"]);

const matches: Readonly<Record<Condition, (evidence: Evidence) => boolean>> = {
  error: ({ role, verdict }) => verdict === "error" && decides.has(role),
  no_data: ({ role, verdict }) => verdict === "no_data" && bounds.has(role),
  srm: ({ role, verdict }) => verdict === "fail" && role === "srm",
  inconclusive: ({ role, verdict }) => verdict === "inconclusive" && role === "guardrail",
};

/** Which of them evidence shows. */
export function findPresent(evidence: readonly Evidence[], looked: readonly Condition[]): Present {
  const found = looked.map((condition) => [condition, evidence.filter(matches[condition])] as const);
  return Object.fromEntries(found.filter(([, shown]) => shown.length > 0));
}

/** Since when each of them lasts. */
function keepTime(turn: Turn, present: Present): Turn {
  const { conditions } = turn.status;
  const lasting = order.filter((condition) => present[condition] !== undefined);
  const same =
    lasting.length === Object.keys(conditions).length && lasting.every((each) => conditions[each] !== undefined);
  if (same) return turn;
  const next = Object.fromEntries(lasting.map((condition) => [condition, conditions[condition] ?? turn.now]));
  return { ...turn, status: { ...turn.status, conditions: next } };
}

interface Met {
  readonly condition: Condition;
  readonly evidence: readonly Evidence[];
  readonly message: string;
  readonly isNew: boolean;
}

type Reacting = (turn: Turn, met: Met) => Turn | null;

/** Null: it goes on in spite of it. */
const reactions: Readonly<Record<Exclude<Reaction["kind"], "hold_then">, Reacting>> = {
  hold: (turn, { condition, message, evidence }) => hold(turn, { reason: reasons[condition].held, message, evidence }),
  rollback: (turn, { condition, message, evidence }) => {
    const { verdict } = reasons[condition];
    const details = { condition };
    // Before the first step there is nothing to take back.
    if (turn.status.phase === "gating")
      return enter(turn, "rejected", { kind: "ended", reason: message, evidence, verdict, details });
    return enter(turn, "rolling_back", { kind: "decided", reason: message, evidence, verdict, details });
  },
  promote: () => null,
  warn: () => null,
};

/** What `when` says of the conditions that are present. Conditions that have passed are forgotten. */
export function react(turn: Turn, present: Present): Staged {
  const before = turn.status.conditions;
  let now = keepTime(turn, present);
  for (const condition of order) {
    const evidence = present[condition];
    if (evidence === undefined) continue;
    const message = `${evidence.map((each) => each.message).join(" ")} (${reasons[condition].text})`;
    const met = { condition, evidence, message, isNew: before[condition] === undefined };
    const chosen = toReaction(now, condition);
    const reacted = reactions[chosen](now, met);
    if (reacted !== null) return stays(reacted);
    if (chosen === "warn" && met.isNew)
      now = happen(now, {}, { kind: "warned", reason: message, evidence, details: { condition } });
  }
  return passes(now);
}

function toReaction(turn: Turn, condition: Condition): Exclude<Reaction["kind"], "hold_then"> {
  const reaction = turn.rollout.spec.when[condition];
  if (reaction.kind !== "hold_then") return reaction.kind;
  const since = turn.status.conditions[condition] ?? turn.now;
  return turn.now - since < reaction.holdMs ? "hold" : reaction.next;
}
