import type { Observations } from "../observations.ts";
import type { HeldReason, Rollout, RolloutStatus } from "../rollout.ts";
import type { Step } from "../spec.ts";

/** One thing that the present step must have before it ends. */
export interface Need {
  readonly reason: HeldReason;
  readonly met: boolean;
  /** What it waits for; the same as long as it waits. */
  readonly message: string;
  /** How far that is, in words. */
  readonly present: string;
}

type Standing = Pick<Rollout, "spec"> & { readonly status: RolloutStatus };
type Seen = Pick<Observations, "lookedAt" | "samples" | "labels" | "evidence">;

/** When the time of the present step is over; null: it has not begun. */
export function endOfTime({ spec, status }: Standing): { readonly hold: number; readonly bake: number } | null {
  const step = spec.steps[status.step];
  if (step === undefined || step.kind === "approve" || status.enteredAt === null) return null;
  const hold = status.enteredAt + step.holdMs;
  return { hold, bake: hold + (step.kind === "traffic" ? step.bakeMs : 0) };
}

/** In the order in which they are said. */
export function listNeeds({ spec, status }: Standing, seen: Seen, now: number): readonly Need[] {
  const step = spec.steps[status.step];
  if (step === undefined) return [];
  if (step.kind === "approve") return [toApproval(step.who, status)];
  const ends = endOfTime({ spec, status });
  // What was seen before the time was over says nothing of its last moments.
  const isSeen = (end: number) => now >= end && seen.lookedAt !== null && seen.lookedAt >= end;
  const isOver = (end: number | undefined) => end !== undefined && isSeen(end);
  const until = (end: number | undefined) =>
    end === undefined ? "it has not begun" : `until ${new Date(end).toISOString()}`;
  const needs: readonly (Need | null)[] = [
    { reason: "hold", met: isOver(ends?.hold), message: "The step lasts for its time.", present: until(ends?.hold) },
    atLeast("min_samples", { wanted: step.minSamples, there: seen.samples, what: unitOf(step) }),
    atLeast("min_labels", { wanted: step.minLabels, there: seen.labels, what: "labels of the candidate's answers" }),
    step.prove ? toProof(seen) : null,
    step.kind === "traffic" && step.bakeMs > 0
      ? {
          reason: "bake",
          met: isOver(ends?.bake),
          message: "The champion stays warm for a while.",
          present: until(ends?.bake),
        }
      : null,
  ];
  return needs.filter((need) => need !== null);
}

function unitOf({ kind }: Step): string {
  return kind === "shadow" ? "pairs of answers" : "rows that the candidate answered";
}

interface Wanted {
  readonly wanted: number;
  readonly there: number;
  readonly what: string;
}

function atLeast(reason: HeldReason, { wanted, there, what }: Wanted): Need | null {
  if (wanted === 0) return null;
  return {
    reason,
    met: there >= wanted,
    message: `It waits for ${wanted} ${what}.`,
    present: `${there} of ${wanted} ${what}`,
  };
}

function toProof({ evidence }: Seen): Need {
  const goal = evidence.find(({ role }) => role === "goal");
  return {
    reason: "prove",
    met: goal?.verdict === "pass",
    message: "The goal must have been reached in this step.",
    present: goal?.message ?? "nothing is known of it yet",
  };
}

function toApproval(who: string, { released }: RolloutStatus): Need {
  const name = who === "anyone" ? "somebody but the author" : who;
  return {
    reason: "approval",
    met: released !== null,
    message: `It waits for the approval of ${name}.`,
    present: "not approved",
  };
}
