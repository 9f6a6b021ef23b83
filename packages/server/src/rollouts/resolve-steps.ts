import { parseDuration, parsePercent, type ManifestRollout, type Strategy } from "@slipway/contract";
import { whole } from "./share.ts";
import type { RolloutSpec, Step, TrafficStep } from "./spec.ts";
import { wrong } from "./resolve-metrics.ts";

type ManifestStep = NonNullable<ManifestRollout["steps"]>[number];

const minuteMs = 60_000;
const leastSamples = 100;
const holdOnRequest = { holdMs: 0, minLabels: 0, prove: false } as const;

const traffic = (share: number, own: Partial<TrafficStep>): TrafficStep => ({
  kind: "traffic",
  share,
  bakeMs: 0,
  minSamples: leastSamples,
  ...holdOnRequest,
  ...own,
});

/** Where a section has no steps. */
export const defaultSteps: Readonly<
  Record<Strategy, (of: { readonly deadlineMs: number; readonly hasRules: boolean }) => readonly Step[]>
> = {
  immediate: () => [],
  shadow: () => [{ kind: "shadow", share: whole, ...holdOnRequest, holdMs: 60 * minuteMs, minSamples: 1000 }],
  canary: () => [
    ...[100, 500, 1000, 2500, 5000].map((share) => traffic(share, { holdMs: 10 * minuteMs, minSamples: 500 })),
    traffic(whole, { minSamples: 500, bakeMs: 30 * minuteMs }),
  ],
  "blue-green": ({ hasRules }) => [
    ...(hasRules ? [traffic(0, { holdMs: 10 * minuteMs, minSamples: 0 })] : []),
    traffic(whole, { bakeMs: 30 * minuteMs }),
  ],
  ab: ({ deadlineMs }) => [traffic(whole / 2, { holdMs: deadlineMs })],
};

const ms = (text: string | undefined, what: string): number => (text === undefined ? 0 : parseDuration(text, what));

export function toStep(said: ManifestStep): Step {
  if (said.approve !== undefined)
    return {
      kind: "approve",
      who: said.approve,
      timeoutMs: said.timeout === undefined ? null : parseDuration(said.timeout, "timeout"),
    };
  const share = parsePercent(said.traffic ?? said.shadow ?? "0%");
  const holding = {
    share,
    holdMs: ms(said.hold, "hold"),
    // A step that nobody went through shows nothing.
    minSamples: said.min_samples ?? (share === 0 ? 0 : leastSamples),
    minLabels: said.min_labels ?? 0,
    prove: said.prove ?? false,
  };
  return said.traffic === undefined
    ? { kind: "shadow", ...holding }
    : { kind: "traffic", ...holding, bakeMs: ms(said.bake, "bake") };
}

/** The challenger's part of the traffic while a step lasts; one for approval leaves it as it was. */
export function shareAt(steps: readonly Step[], index: number): number {
  for (let i = index; i >= 0; i--) {
    const step = steps[i];
    if (step !== undefined && step.kind !== "approve") return step.kind === "traffic" ? step.share : 0;
  }
  return 0;
}

/** @throws SlipwayError `invalid_manifest` */
export function requireFit({ steps, control, goal }: Pick<RolloutSpec, "steps" | "control" | "goal">): void {
  for (const [i, step] of steps.entries()) {
    const key = `steps[${i}]`;
    if (shareAt(steps, i) < shareAt(steps, i - 1))
      throw wrong(
        key,
        "less of the traffic than the step before. Shares only grow; what goes wrong is taken back whole.",
      );
    if (step.kind === "approve") continue;
    if (step.kind === "shadow" && step.share === 0) throw wrong(key, "a shadow of 0 % sees nothing. Give it a share.");
    if (control === "equal" && step.kind === "traffic" && step.share > whole / 2 && step.share < whole)
      throw wrong(key, "with control: equal a step has at most 50 %, or all of the traffic. Choose another share.");
    if (step.prove && goal === null)
      throw wrong(key, "there is no goal that it could prove. Name one in rollout.goal, or leave prove out.");
  }
}
