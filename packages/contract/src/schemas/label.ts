import { z } from "zod";
import { id, pageOf, sha256, timestamp } from "./common.ts";

/** Nobody may know what a text means that is longer than this; a label is a value, not a document. */
const text = z.string().min(1).max(10_000);
const source = z.string().min(1).max(200).meta({ description: "Who says so; default: the user, or `api`" });

/** To how many predictions a label by key goes where several carry its key. */
export const ambiguousRule = z.enum(["none", "latest", "all"]).meta({
  description: "Where several predictions carry the key: attach to none of them (default), the newest, or all",
});
export type AmbiguousRule = z.infer<typeof ambiguousRule>;

/** The truth about one prediction, named by its id (`ID` or `ID/ROW`) or by the caller's key. */
export const newLabel = z
  .strictObject({
    prediction: z.string().max(100).optional().meta({ description: "`ID`, or `ID/ROW` of a request of many rows" }),
    row: z.int().min(0).max(4_294_967_295).optional(),
    key: text.optional().meta({ description: "The caller's own key instead of the prediction" }),
    value: z.union([z.number(), text, z.boolean()]).meta({ description: "What came true" }),
    observed_at: timestamp.optional().meta({ description: "When it came true; default: when it was received" }),
    source: source.optional(),
  })
  .meta({ description: "What came true for one prediction" });
export type NewLabel = z.infer<typeof newLabel>;

export const maxLabels = 10_000;

export const labelRequest = z.strictObject({
  labels: z.array(newLabel).min(1).max(maxLabels),
  ambiguous: ambiguousRule.optional(),
  resolve: z
    .boolean()
    .optional()
    .meta({ description: "False: store at once, without telling which predictions are meant" }),
});
export type LabelRequest = z.infer<typeof labelRequest>;

/** One label, a list of them, or a list with options. */
export const labelBody = z.union([labelRequest, z.array(newLabel).min(1).max(maxLabels), newLabel]);
export type LabelBody = z.infer<typeof labelBody>;

const count = z.int().min(0);
export const labelReport = z.object({
  received: count,
  stored: count,
  duplicates: count.meta({ description: "Said already: not stored again" }),
  matched: count.nullable().meta({ description: "Null where it was not looked up" }),
  unknown: count.nullable().meta({ description: "No such prediction yet; kept, and matched when it comes" }),
  ambiguous: count.nullable().meta({ description: "Several predictions carry the key, or the id without a row" }),
  items: z.array(
    z.object({ index: z.int(), status: z.enum(["unknown", "ambiguous", "duplicate"]), message: z.string() }),
  ),
});
export type LabelReport = z.infer<typeof labelReport>;

/** One label as it is kept. */
export const label = z.object({
  id,
  endpoint: z.string(),
  prediction: z.string().nullable().meta({ description: "`ID` or `ID/ROW`; null where the key was given" }),
  key: z.string().nullable(),
  value: z.string(),
  number: z.number().nullable().meta({ description: "The value where it is a finite number" }),
  observed_at: timestamp,
  received_at: timestamp,
  source: z.string(),
});
export type Label = z.infer<typeof label>;
export const labelPage = pageOf(label);

/** The label that counts for one prediction. */
export const predictionLabel = label.pick({
  id: true,
  value: true,
  number: true,
  observed_at: true,
  received_at: true,
  source: true,
});
export type PredictionLabel = z.infer<typeof predictionLabel>;

export const labelQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
  since: z.string().optional().meta({ description: "Received since: RFC 3339, or a duration back from now" }),
  prediction: z.string().optional().meta({ description: "`ID` or `ID/ROW`" }),
  key: z.string().optional(),
});

export const labelPull = z.object({
  source: z.string(),
  every_ms: z.number(),
  last_at: timestamp.nullable(),
  rows: z.int().nullable().meta({ description: "Rows that the last pull got" }),
  stored: z.int().nullable(),
  watermark: timestamp.nullable().meta({ description: "The newest `observed_at` so far: $since of the next pull" }),
  error: z.string().nullable(),
  next_at: timestamp.nullable(),
});
export type LabelPull = z.infer<typeof labelPull>;

export const labelSummary = z.object({
  endpoint: z.string(),
  labels: count.meta({ description: "All that were stored, corrected ones included" }),
  predictions_labelled: count,
  unknown: count.meta({ description: "Labels whose prediction is not on record (yet)" }),
  ambiguous: count.meta({ description: "Labels that were attached to none of several predictions" }),
  corrected: count.meta({ description: "Predictions whose value was changed by a later label" }),
  latest_observed_at: timestamp.nullable(),
  pull: labelPull.nullable().meta({ description: "The schedule of `labels.sql`" }),
});
export type LabelSummary = z.infer<typeof labelSummary>;

const column = z.string().min(1).max(1000).optional();
export const labelImportRequest = z.strictObject({
  sha256,
  format: z.enum(["csv", "parquet", "jsonl"]),
  columns: z
    .strictObject({ id: column, row: column, key: column, value: column, observed_at: column, source: column })
    .optional()
    .meta({ description: "Which column is what; default: prediction or id, row, key, value, observed_at, source" }),
  source: source.optional(),
  ambiguous: ambiguousRule.optional(),
  skip_bad: z.boolean().optional().meta({ description: "Leave bad rows out instead of refusing the whole file" }),
});
export type LabelImportRequest = z.infer<typeof labelImportRequest>;

/** `result` of an import or a pull that succeeded. */
export const labelImportResult = z.object({
  endpoint: z.string(),
  rows: count,
  stored: count,
  duplicates: count,
  skipped: count.meta({ description: "Bad rows that were left out" }),
  matched: count,
  unknown: count,
  ambiguous: count,
  problems: z.array(z.object({ line: z.int(), message: z.string() })).meta({ description: "At most 100" }),
});
export type LabelImportResult = z.infer<typeof labelImportResult>;
