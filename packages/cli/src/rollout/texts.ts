import type { Rollout, RolloutStep } from "@slipway/contract";
import { figureText } from "../monitor/figure-text.ts";
import type { Facts } from "../output.ts";
import { durationText, relativeTime } from "../time.ts";

/** Ten-thousandths as "0.5 %". */
function partText(share: number): string {
  return `${Number((share / 100).toFixed(2))} %`;
}

/** "10 %", "shadow 100 %", "approval". */
export function stepText({ kind, share }: Pick<RolloutStep, "kind" | "share">): string {
  if (kind === "approve") return "approval";
  return `${kind === "shadow" ? "shadow " : ""}${partText(share ?? 0)}`;
}

/** What one asks for before the next begins: "10 %, for 10 min, 500 rows". */
export function stepTerms(step: RolloutStep): string {
  const { hold_ms, bake_ms, min_samples, min_labels, prove, who, timeout_ms } = step;
  return [
    stepText(step),
    ...(hold_ms > 0 ? [`for ${durationText(hold_ms)}`] : []),
    ...(min_samples > 0 ? [`${figureText(min_samples)} rows`] : []),
    ...(min_labels > 0 ? [`${figureText(min_labels)} labels`] : []),
    ...(prove ? ["the goal reached"] : []),
    ...(bake_ms > 0 ? [`baked for ${durationText(bake_ms)}`] : []),
    ...(who === null ? [] : [who === "anyone" ? "by anyone but its author" : `by ${who}`]),
    ...(timeout_ms === null ? [] : [`within ${durationText(timeout_ms)}`]),
  ].join(", ");
}

/** `✓ 1 %  ▸ 5 %  · 10 %`: done, now, to come. */
export function trackText({ steps, step, phase }: Rollout): string {
  const isOver = phase === "promoting" || phase === "reporting" || phase === "succeeded";
  return steps.map((each, i) => `${isOver || i < step ? "✓" : i === step ? "▸" : "·"} ${stepText(each)}`).join("  ");
}

const phaseTexts: Readonly<Record<Rollout["phase"], string>> = {
  pending: "about to begin",
  gating: "its gates run",
  stepping: "under way",
  promoting: "being promoted",
  reporting: "about to report",
  rolling_back: "being rolled back",
  cancelling: "being aborted",
  succeeded: "succeeded",
  rolled_back: "rolled back",
  cancelled: "aborted",
  rejected: "rejected by a gate",
  superseded: "superseded: somebody else changed the endpoint",
};

/** "under way, step 2 of 6 since 3 min 20 s", "rolled back". */
export function phaseText(rollout: Rollout, now: number): string {
  const { phase, step, steps, entered_at, paused } = rollout;
  const isUndecided = phase === "gating" && rollout.held?.for_person === true && !paused;
  const name = isUndecided ? "its gates do not decide: it waits for a person" : phaseTexts[phase];
  const text = paused && rollout.active ? `${name}, paused` : name;
  if (phase !== "stepping" || step < 0) return text;
  const since = entered_at === null ? ", not in force yet" : ` since ${durationText(now - Date.parse(entered_at))}`;
  return `${text}, step ${step + 1} of ${steps.length}${since}`;
}

export function versionsText({ model, from, to }: Pick<Rollout, "model" | "from" | "to">): string {
  return `${model}@${to} in the place of @${from}`;
}

export function rolloutFacts(rollout: Rollout, now: number): Facts {
  const { held, share, shadow, author, message } = rollout;
  const parts = [
    ...(share > 0 ? [`${partText(share)} of the traffic`] : []),
    ...(shadow > 0 ? [`${partText(shadow)} as a shadow`] : []),
  ];
  return [
    ["rollout", rollout.id],
    ["endpoint", rollout.endpoint],
    ["release", `${versionsText(rollout)}, ${rollout.strategy}`],
    ["phase", phaseText(rollout, now)],
    ["steps", trackText(rollout)],
    ["candidate", rollout.active ? parts.join(", ") || "has no traffic" : null],
    ["held", rollout.active && held !== null ? `${held.reason}: ${held.message}` : null],
    ["verdict", rollout.verdict],
    ["reason", rollout.reason],
    ["begun", `${relativeTime(rollout.created_at, now)}${author === null ? "" : ` by ${author}`}`],
    ["message", message],
    ["deadline", rollout.active ? relativeTime(rollout.deadline_at, now) : null],
  ];
}
