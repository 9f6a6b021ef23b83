import type { ComparisonResult } from "@slipway/contract";
import type { VerifiedVersion } from "../../registry/index.ts";
import type { Labelled } from "./analyse.ts";
import type { PairAnswer } from "./engine.ts";

/** What the operation of a comparison answers. */
export function toComparisonResult(
  { collected, compared }: PairAnswer,
  { a, b, on }: { readonly a: VerifiedVersion; readonly b: VerifiedVersion; readonly on: ComparisonResult["on"] },
): ComparisonResult {
  const { main, rows, different, failed, failures, latency, flips } = compared;
  return {
    a: `${a.model}@${a.version}`,
    b: `${b.model}@${b.version}`,
    on: on.kind === "file" ? on : { ...on, first_at: toTime(collected.firstAt), last_at: toTime(collected.lastAt) },
    requests: collected.requests,
    rows,
    limited: collected.limited,
    main,
    different,
    disagreement: main === null ? null : toShare(different, rows),
    outputs: compared.outputs.map((column) => ({
      output: column.output,
      kind: column.kind,
      rows: column.rows,
      different: column.different,
      mean_difference: column.meanDifference,
      mean_absolute_difference: column.meanAbsolute,
      max_absolute_difference: column.maxAbsolute,
      wasserstein: column.wasserstein,
      ks: column.ks,
    })),
    flips: [...flips],
    labelled: toLabelled(compared.labelled),
    latency: { a: latency.a && { ...latency.a }, b: latency.b && { ...latency.b } },
    slices: compared.slices.map((slice) => ({
      slice: slice.slice,
      rows: slice.rows,
      different: slice.different,
      disagreement: toShare(slice.different, slice.rows),
      labelled: toLabelled(slice.labelled),
    })),
    // What callers sent is looked up by its id, so that an erase reaches it.
    examples: compared.examples.map(({ name, inputs, ...example }) => ({
      row: name,
      inputs: on.kind === "file" ? inputs : null,
      ...example,
    })),
    failed: { ...failed },
    failures: failures.map(({ side, name, message }) => ({ side, row: name, message })),
    not_replayable: { ...collected.notReplayable },
    not_replayable_examples: collected.notReplayableExamples.map((example) => ({ ...example })),
  };
}

function toLabelled(labelled: Labelled | null): ComparisonResult["labelled"] {
  if (labelled === null) return null;
  return {
    rows: labelled.rows,
    negative_flips: labelled.negativeFlips,
    positive_flips: labelled.positiveFlips,
    losses: labelled.losses.map(({ metric, rows, a, b, difference, low, high, p }) => {
      const [means, bounds] = [[a, b, difference].map(finite), [low, high].map(finite)];
      return {
        metric,
        rows,
        a: means[0] ?? null,
        b: means[1] ?? null,
        difference: means[2] ?? null,
        low: bounds[0] ?? null,
        high: bounds[1] ?? null,
        p,
      };
    }),
  };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function toShare(part: number, all: number): number | null {
  return all === 0 ? null : part / all;
}

function toTime(microseconds: number | null): string | null {
  return microseconds === null ? null : new Date(microseconds / 1000).toISOString();
}
