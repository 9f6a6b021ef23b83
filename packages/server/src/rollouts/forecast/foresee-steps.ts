import { toPercentText, whole } from "../share.ts";
import type { RolloutSpec, Step } from "../spec.ts";
import type { PresentTraffic } from "./present-traffic.ts";
import { aboutText, spanText } from "./words.ts";

type StepCause = "hold" | "bake" | "min_samples" | "min_labels" | "approval" | "deadline";

export interface ForeseenStep {
  readonly kind: Step["kind"];
  /** Ten-thousandths; null: of approve. */
  readonly share: number | null;
  readonly summary: string;
  /** Null: nobody can say. */
  readonly takesMs: number | null;
  /** What it waits for longest; null: nothing. */
  readonly because: StepCause | null;
}

type Pace = Pick<PresentTraffic, "rowsPerSecond" | "labels"> | null;

export function foreseeSteps({ steps }: Pick<RolloutSpec, "steps">, traffic: Pace): ForeseenStep[] {
  return steps.map((step) => foreseeStep(step, traffic));
}

function foreseeStep(step: Step, traffic: Pace): ForeseenStep {
  if (step.kind === "approve") {
    const who = step.who === "anyone" ? "anyone but the author" : step.who;
    const within = step.timeoutMs === null ? "" : ` within ${spanText(step.timeoutMs)}`;
    return { kind: "approve", share: null, summary: `approval by ${who}${within}`, takesMs: null, because: "approval" };
  }
  const causes: readonly (readonly [StepCause, number | null])[] = [
    ["hold", step.holdMs],
    // What is baked is so after it was held.
    ["bake", step.kind === "traffic" && step.bakeMs > 0 ? step.holdMs + step.bakeMs : 0],
    ["min_samples", timeFor(step.minSamples, step.share, traffic?.rowsPerSecond)],
    ["min_labels", labelTime(step, traffic)],
  ];
  const unknown = causes.find(([, ms]) => ms === null);
  const [because, takesMs] = unknown ?? causes.reduce((longest, each) => (each[1]! > longest[1]! ? each : longest));
  return {
    kind: step.kind,
    share: step.share,
    summary: summaryOf(step),
    takesMs,
    because: takesMs === 0 ? null : because,
  };
}

/** Null: there is no pace to reckon with. */
function timeFor(count: number, share: number, perSecond: number | undefined): number | null {
  if (count === 0) return 0;
  const pace = (perSecond ?? 0) * (share / whole);
  return pace > 0 ? (1000 * count) / pace : null;
}

function labelTime({ minLabels, share }: Exclude<Step, { kind: "approve" }>, traffic: Pace): number | null {
  const ms = timeFor(minLabels, share, traffic?.labels?.perSecond);
  return ms === null || ms === 0 ? ms : ms + (traffic?.labels?.delayMs ?? 0);
}

function summaryOf(step: Exclude<Step, { kind: "approve" }>): string {
  const { share, holdMs, minSamples, minLabels, prove } = step;
  return [
    step.kind === "shadow" ? `shadow ${toPercentText(share)}` : toPercentText(share),
    ...(holdMs > 0 ? [`for ${spanText(holdMs)}`] : []),
    ...(minSamples > 0 ? [`${aboutText(minSamples)} rows`] : []),
    ...(minLabels > 0 ? [`${aboutText(minLabels)} labels`] : []),
    ...(prove ? ["the goal reached"] : []),
    ...(step.kind === "traffic" && step.bakeMs > 0 ? [`baked for ${spanText(step.bakeMs)}`] : []),
  ].join(", ");
}
