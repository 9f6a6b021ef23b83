import { z } from "zod";
import { id, json, pageOf, timestamp } from "./common.ts";
import { predictionLabel } from "./label.ts";

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
  order: z.enum(["newest", "oldest"]).optional().meta({ description: "oldest with a cursor follows the log" }),
});
