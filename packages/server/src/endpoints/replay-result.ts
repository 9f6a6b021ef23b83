import type { ReplayResult } from "@slipway/contract";
import type { Tolerance } from "@slipway/runtime";
import type { ReplayExample, ReplayFound } from "../predictions/index.ts";
import type { ModelVersion } from "../registry/index.ts";

export interface ReplayFacts {
  /** Predictions run on each version. */
  readonly ran: ReadonlyMap<string, number>;
  readonly on: ModelVersion | null;
  readonly tolerance: Tolerance;
}

/** What the operation of a replay answers. */
export function toReplayResult(found: ReplayFound, { ran, on, tolerance }: ReplayFacts): ReplayResult {
  const outputs = Object.entries(found.outputs).map(([name, sums]) => {
    const { identical, within, different, maxUlps, maxDifference, worst } = sums;
    const sizes = { max_ulps: maxUlps, max_difference: maxDifference, worst: worst && toExample(worst) };
    return [name, { identical, within, different, ...sizes }] as const;
  });
  return {
    total: found.total,
    identical: found.identical,
    within: found.within,
    different: found.different,
    not_replayable: { ...found.notReplayable },
    outputs: Object.fromEntries(outputs),
    examples: found.examples.map((example) => ({ ...toExample(example), output: example.output })),
    not_replayable_examples: found.notReplayableExamples.map((example) => ({ ...example })),
    on: on && `${on.model}@${on.version}`,
    versions: Object.fromEntries(ran),
    not_compared: { ...found.notCompared },
    ignored_inputs: [...found.ignoredInputs],
    empty_inputs: { ...found.emptyInputs },
    tolerance: { ...tolerance },
    limited: found.limited,
    first_at: toTime(found.firstAt),
    last_at: toTime(found.lastAt),
  };
}

function toExample({ prediction, index, expected, got, difference, ulps }: ReplayExample) {
  return { prediction, index, expected, got, difference, ulps };
}

function toTime(microseconds: number | null): string | null {
  return microseconds === null ? null : new Date(microseconds / 1000).toISOString();
}
