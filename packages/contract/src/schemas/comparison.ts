import { z } from "zod";
import { json, name, pageOf, sha256, timestamp } from "./common.ts";
import { rolloutVerdicts } from "./rollout-words.ts";

const address = z.string().min(1).max(300);

export const comparisonRequest = z.object({
  a: address.meta({ description: "NAME@VERSION or NAME@ALIAS", example: "flight-delay@1" }),
  b: address.meta({ description: "What `a` is compared with", example: "flight-delay@2" }),
  endpoint: name.optional().meta({ description: "Whose requests; by default the endpoint that serves the model" }),
  since: z.string().optional().meta({ description: "RFC 3339, or a duration back from now such as 7d" }),
  until: z.string().optional(),
  file: z
    .object({ sha256, name: z.string().min(1).max(1000) })
    .optional()
    .meta({
      description: "An uploaded table instead of requests; its name says the format: CSV, Parquet or JSON Lines",
    }),
  label: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: "The column of the file that holds what came true" }),
  limit: z
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .meta({ description: "At most so many rows, of requests the newest" }),
  slices: z
    .array(z.string().min(1).max(1000))
    .max(100)
    .optional()
    .meta({ description: "Inputs by whose values the rows are cut; default: texts and booleans" }),
  min_rows: z.int().min(1).default(30).meta({ description: "Of a slice" }),
  absolute: z.number().min(0).default(1e-6).meta({ description: "Numbers this close are the same" }),
  relative: z.number().min(0).default(1e-4).meta({ description: "Of the answer of `a`; the two add up" }),
  alpha: z.number().gt(0).lt(0.5).default(0.05).meta({ description: "Of each interval, at all looks together" }),
});
export type ComparisonRequest = z.infer<typeof comparisonRequest>;
export type NewComparison = z.input<typeof comparisonRequest>;

const count = z.int();
const figure = z.number().nullable();

export const comparedLoss = z.object({
  metric: z.enum(["wrong", "brier", "log_loss", "absolute_error", "squared_error"]),
  rows: count,
  a: figure,
  b: figure,
  difference: figure.meta({ description: "b less a; less is better" }),
  low: figure,
  high: figure.meta({ description: "Of the difference; null below 100 rows" }),
  p: figure.meta({ description: "Of `wrong`: that b is no more often wrong, however often one looks; else null" }),
});

const labelled = z.object({
  rows: count.meta({ description: "Rows whose label is known" }),
  negative_flips: count.nullable().meta({ description: "a right, b wrong; null where the output is a number" }),
  positive_flips: count.nullable().meta({ description: "a wrong, b right" }),
  losses: z.array(comparedLoss),
});

const latency = z
  .object({ requests: count, mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number() })
  .nullable()
  .meta({ description: "Milliseconds of the run alone" });

const answer = z.record(z.string(), json);

/** `result` of a comparison that succeeded. */
export const comparisonResult = z.object({
  a: z.string(),
  b: z.string(),
  on: z.union([
    z.object({
      kind: z.literal("logged"),
      endpoint: name,
      first_at: timestamp.nullable(),
      last_at: timestamp.nullable(),
    }),
    z.object({ kind: z.literal("file"), name: z.string(), sha256 }),
  ]),
  requests: count,
  rows: count.meta({ description: "Rows that both answered" }),
  limited: z.boolean().meta({ description: "There are more rows than `limit`" }),
  main: z.string().nullable().meta({ description: "The output that is compared; null: they have none in common" }),
  different: count.meta({ description: "Rows whose answers differ" }),
  disagreement: figure.meta({ description: "The same as a share" }),
  outputs: z.array(
    z.object({
      output: z.string(),
      kind: z.enum(["class", "number"]),
      rows: count,
      different: count,
      mean_difference: figure.meta({ description: "b less a" }),
      mean_absolute_difference: figure,
      max_absolute_difference: figure,
      wasserstein: figure,
      ks: figure.meta({ description: "The largest difference of the two distribution functions" }),
    }),
  ),
  flips: z.array(z.object({ from: z.string(), to: z.string(), rows: count })),
  labelled: labelled.nullable().meta({ description: "Null: no label is known" }),
  latency: z.object({ a: latency, b: latency }),
  slices: z.array(
    z.object({
      slice: z.string(),
      rows: count,
      different: count,
      disagreement: figure,
      labelled: labelled.nullable(),
    }),
  ),
  examples: z.array(
    z.object({
      row: z.string().meta({ description: "The prediction, or the line of the file" }),
      inputs: answer.nullable().meta({ description: "Of a file; null: the prediction on record has them" }),
      a: answer,
      b: answer,
      truth: z.string().nullable(),
    }),
  ),
  failed: z.object({ a: count, b: count }).meta({ description: "Rows that one of them did not answer" }),
  failures: z.array(z.object({ side: z.enum(["a", "b"]), row: z.string(), message: z.string() })),
  not_replayable: z
    .record(z.string(), count)
    .meta({ description: "Predictions that cannot be asked again, by reason" }),
  not_replayable_examples: z.array(z.object({ prediction: z.string(), reason: z.string(), message: z.string() })),
});
export type ComparisonResult = z.infer<typeof comparisonResult>;

export const keptGate = z.object({
  gate: z.string(),
  verdict: z.enum(rolloutVerdicts),
  message: z.string(),
  evidence: z.record(z.string(), json),
  rollout: z.string(),
  endpoint: name,
  compared_with: z.int().nullable().meta({ description: "The version that served then" }),
  finished_at: timestamp,
});
export type KeptGate = z.infer<typeof keptGate>;
export const keptGates = pageOf(keptGate);
