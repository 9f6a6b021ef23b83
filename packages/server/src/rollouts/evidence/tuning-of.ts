import type { RolloutSpec, Step } from "../spec.ts";

const usual = 5000;
const least = 100;

/**
 * Units at which intervals are to be narrowest: where the first step that waits for labels may go on. Fixed by the spec, before anything was seen, as it has to be.
 */
export function tuningOf({ steps }: Pick<RolloutSpec, "steps">): number {
  const planned = steps.map(unitsOf).filter((units) => units > 0);
  return planned.length === 0 ? usual : Math.min(usual, Math.max(least, Math.min(...planned)));
}

/** A label of the challenger comes with one of the champion; of a shadow the two are one pair. */
function unitsOf(step: Step): number {
  if (step.kind === "approve") return 0;
  return step.kind === "shadow" ? step.minLabels : 2 * step.minLabels;
}
