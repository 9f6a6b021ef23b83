import { z } from "zod";
import { modelName, name, timestamp, versionNumber } from "./common.ts";
import { share } from "./rollout-words.ts";

const count = z.number().min(0);
const figure = z.number().nullable();
const interval = z.tuple([z.number(), z.number()]).nullable();
const metricName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "use a-z, 0-9 and _, beginning with a letter");

/** What a report can measure by itself; less is better in all of them. */
export const abMetrics = [
  "errors",
  "fallbacks",
  "wrong",
  "brier",
  "log_loss",
  "absolute_error",
  "squared_error",
] as const;

export const abOutcomes = ["better", "worse", "undecided", "no_data", "error"] as const;
export type AbOutcome = (typeof abOutcomes)[number];

export const abRequest = z
  .object({
    metrics: z
      .array(z.enum(abMetrics))
      .max(20)
      .optional()
      .meta({ description: "Left out without sql: errors, and what the labels say" }),
    sql: z
      .array(
        z.object({
          name: metricName,
          sql: z.string().min(1).max(20_000).meta({
            description:
              "SELECT with the columns unit and value, over predictions, labels and exposures: summed over each unit, 0 of one without a row. With a column count it is a ratio, the sum of the values over the sum of the counts",
          }),
          better: z
            .enum(["lower", "higher"])
            .optional()
            .meta({ description: "`lower` where it is left out, as in a rollout" }),
        }),
      )
      .max(20)
      .optional(),
    unit: z.string().min(1).max(200).optional().meta({
      description: "The record field that says whose a prediction is; left out: what the traffic is divided by",
    }),
    since: z
      .string()
      .optional()
      .meta({ description: "RFC 3339, or a duration back from now: of the newest split this part" }),
    until: z.string().optional(),
    alpha: z.number().gt(0).lt(0.5).optional().meta({ description: "0.05; spent evenly over metrics and arms" }),
  })
  .meta({ description: "What to compare the arms by" });
export type AbRequest = z.input<typeof abRequest>;

const arm = z.object({
  arm: z.string(),
  version: versionNumber,
  share,
  units: count.meta({ description: "That met this arm alone" }),
  rows: count,
});

const comparison = z.object({
  arm: z.string(),
  versus: z.string(),
  outcome: z.enum(abOutcomes).meta({ description: "`better` and `worse` are proven; `undecided` is an answer, too" }),
  message: z.string().meta({ description: "A sentence with both figures" }),
  estimate: figure.meta({ description: "`arm` less `versus`, in the metric's unit" }),
  interval: interval.meta({ description: "Holds at all looks together, at the metric's `alpha`" }),
  relative: figure.meta({ description: "As a share of `versus`" }),
  relative_interval: interval,
  p: figure.meta({ description: "Holds at all looks together" }),
});
export type AbComparison = z.infer<typeof comparison>;

export const abMetricReport = z.object({
  metric: z.string(),
  better: z.enum(["lower", "higher"]),
  alpha: z.number(),
  means: z.array(
    z.object({
      arm: z.string(),
      units: count,
      n: count.meta({ description: "What the mean is over: units, or what is counted of them" }),
      mean: figure,
    }),
  ),
  comparisons: z.array(comparison),
});
export type AbMetricReport = z.infer<typeof abMetricReport>;

export const abReport = z
  .object({
    endpoint: name,
    model: modelName,
    unit: z.string().nullable().meta({ description: "What stays with one arm; null: each request by itself" }),
    from: timestamp,
    to: timestamp,
    running: z.boolean().meta({ description: "The traffic is still divided like this" }),
    revisions: z
      .tuple([z.int(), z.int()])
      .meta({ description: "Of the endpoint, the first and the last of this split" }),
    alpha: z.number(),
    arms: z.array(arm).meta({ description: "What the others are compared with comes first" }),
    mixed_units: count.meta({ description: "Units that met more than one arm; they are not compared" }),
    rows_without_unit: count,
    rows_by_rule: count.meta({ description: "A rule sent them; they are not compared" }),
    sample_ratio_p: figure.meta({
      description: "That units came to the arms in other shares than they should; null: not known",
    }),
    problems: z
      .array(
        z.object({
          kind: z.enum(["sample_ratio", "mixed_units", "without_unit", "label_share"]),
          message: z.string(),
        }),
      )
      .meta({ description: "Because of these the figures are not to be trusted" }),
    metrics: z.array(abMetricReport),
    summary: z.string().meta({ description: "The verdict in words" }),
  })
  .meta({ description: "How the arms of a split do, units against units" });
export type AbReport = z.infer<typeof abReport>;
