import { z } from "zod";
import { id, json, pageOf, timestamp } from "./common.ts";
import { predictionLabel } from "./label.ts";

/** What another version said to the same request, for nobody. */
export const predictionShadow = z.object({
  id,
  model: z.string().nullable(),
  version: z.int().nullable(),
  status: z.enum(["ok", "error", "fallback"]),
  outputs: z.record(z.string(), json),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  durations_us: z.object({ parse: z.int(), queue: z.int(), run: z.int(), total: z.int() }),
  digest: z.string().nullable(),
});
export type PredictionShadow = z.infer<typeof predictionShadow>;

/** One row of one request, as it stands in the prediction log. */
export const prediction = z.object({
  id: id.meta({ description: "The request's id; `ID/i` for row i of a request of many rows" }),
  at: timestamp,
  endpoint: z.string(),
  revision: z.int().nullable(),
  model: z.string().nullable().meta({ description: "Null where the request failed before a version was chosen" }),
  version: z.int().nullable(),
  pinned: z.boolean(),
  face: z.string(),
  status: z.enum(["ok", "error", "fallback"]),
  key: z.string().nullable(),
  rows: z.int(),
  row: z
    .int()
    .nullable()
    .meta({ description: "Null: the whole request, with a list of values an input and an output" }),
  inputs: z.record(z.string(), json),
  outputs: z.record(z.string(), json),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  fallback: z.string().nullable(),
  durations_us: z.object({ parse: z.int(), queue: z.int(), run: z.int(), total: z.int() }),
  batch_rows: z.int(),
  trace_id: z.string().nullable(),
  request_id: z.string().nullable(),
  extra: json.nullable(),
  digest: z.string().nullable(),
  instance: id,
  redacted: z.array(z.string()),
  erased_rows: z
    .array(z.int())
    .optional()
    .meta({ description: "Of a whole request: rows that were erased on request, whose values are null" }),
  user: z.string().nullable(),
  arm: z.string().optional().meta({ description: "Which side of a split; absent where the traffic was not divided" }),
  bucket: z.int().min(0).max(9_999).optional().meta({ description: "Where the unit of the request fell, of 10,000" }),
  propensity: z.number().nullable().optional().meta({ description: "How probable the arm was; 1 by a rule" }),
  rule: z.string().optional().meta({ description: "The rule that chose the arm" }),
  shadow_of: id.optional().meta({ description: "The request that this one repeats for nobody: no traffic" }),
  shadows: z
    .array(predictionShadow)
    .optional()
    .meta({ description: "What other versions said to the same request; absent in lists and where there are none" }),
  label: predictionLabel
    .nullable()
    .optional()
    .meta({ description: "What came true, of one prediction; absent in lists" }),
});
export type Prediction = z.infer<typeof prediction>;
export const predictionPage = pageOf(prediction);

export const predictionQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
  since: z.string().optional().meta({ description: "RFC 3339, or a duration back from now such as 15m" }),
  until: z.string().optional(),
  errors: z.boolean().optional(),
  key: z.string().optional(),
  shadows: z.boolean().optional().meta({ description: "What was answered once more, for nobody, too" }),
  order: z.enum(["newest", "oldest"]).optional().meta({ description: "oldest with a cursor follows the log" }),
});
