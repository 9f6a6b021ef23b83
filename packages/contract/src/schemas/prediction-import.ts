import { z } from "zod";
import { sha256, timestamp } from "./common.ts";

const column = z.string().min(1).max(1000);
const format = z.enum(["csv", "parquet", "jsonl"]);

/** What the columns of a file are; a column that is not named here, and has no usual name, is an input. */
export const predictionImportColumns = z.strictObject({
  time: column.optional().meta({ description: "When it was predicted; default: predicted_at, timestamp or time" }),
  key: column.optional().meta({ description: "Your own key; default: key or id" }),
  outputs: z
    .array(column)
    .max(100)
    .optional()
    .meta({ description: "What was predicted; default: prediction or y_pred" }),
  probability: column.optional().meta({
    description:
      "Of the positive class, 0 to 1, of the only output; default: probability, predicted_probability or y_pred_proba",
  }),
  probabilities: z.record(z.string().min(1).max(200), column).optional().meta({
    description: "Of each class, by its name, of the only output",
  }),
  label: column
    .optional()
    .meta({ description: "What came true; empty where nobody knows yet. Default: label or y_true" }),
  label_time: column.optional().meta({ description: "When it came true; default: when it was predicted" }),
  ignore: z.array(column).max(10_000).optional().meta({ description: "Columns that are nothing of the model" }),
});
export type PredictionImportColumns = z.infer<typeof predictionImportColumns>;

export const predictionImportRequest = z.strictObject({
  sha256,
  format,
  columns: predictionImportColumns.optional(),
  positive: z.string().max(200).optional().meta({
    description: "The class that `probability` is of; default: the last of the two in the order of text",
  }),
  from: z.string().optional().meta({
    description:
      "With `to`, of a file without times: its rows are spread evenly. RFC 3339, or a duration back from now",
  }),
  to: z.string().optional(),
  reference: z
    .strictObject({ sha256, format })
    .optional()
    .meta({ description: "An uploaded file of what the model was trained or tested on, to compare with" }),
  message: z.string().max(2000).optional(),
  skip_bad: z.boolean().optional().meta({ description: "Leave bad rows out instead of refusing the whole file" }),
});
export type PredictionImportRequest = z.infer<typeof predictionImportRequest>;

const count = z.int().min(0);

/** `result` of an import that succeeded. */
export const predictionImportResult = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  created: z.boolean().meta({ description: "The version is new: none had these inputs and outputs" }),
  rows: count,
  stored: count,
  duplicates: count.meta({ description: "On record in exactly these values: not taken again" }),
  skipped: count.meta({ description: "Bad rows that were left out" }),
  labels: count.meta({ description: "Labels that said something new" }),
  from: timestamp.nullable().meta({ description: "When the first and the last row were predicted" }),
  to: timestamp.nullable(),
  columns: z.object({
    time: z.string().nullable(),
    key: z.string().nullable(),
    label: z.string().nullable(),
    inputs: z.array(z.string()),
    outputs: z.array(z.string()),
    ignored: z.array(z.string()),
  }),
  problems: z.array(z.object({ line: z.int(), message: z.string() })).meta({ description: "At most 100" }),
  notes: z.array(z.string()),
});
export type PredictionImportResult = z.infer<typeof predictionImportResult>;
