import { z } from "zod";
import { id, json, pageOf, timestamp } from "./common.ts";

export const operationState = z.enum(["queued", "running", "succeeded", "failed", "cancelled"]);

/** Long work with progress: poll it, or follow its server-sent events. */
export const operation = z.object({
  id,
  kind: z.string().meta({ example: "deploy" }),
  subject: z.string().meta({ example: "flight-delay" }),
  state: operationState,
  stage: z.string(),
  message: z.string(),
  fraction: z.number().nullable(),
  result: z.record(z.string(), json).nullable(),
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), json) }).nullable(),
  log: z.array(z.object({ at: timestamp, stage: z.string(), message: z.string() })),
  created_at: timestamp,
  updated_at: timestamp,
  finished_at: timestamp.nullable(),
});
export type Operation = z.infer<typeof operation>;
export const operationPage = pageOf(operation);

const element = z.unknown().meta({ description: "A value; not-finite floats and integers beyond 2^53 as text" });

export const mismatch = z.object({
  row: z.int().meta({ description: "From 0, as the examples stand in their file" }),
  output: z.string().meta({ example: "late.probabilities.on_time" }),
  expected: element,
  got: element,
  alone: z.boolean().meta({ description: "The row was run by itself; else it shared a run" }),
});
export type Mismatch = z.infer<typeof mismatch>;

/** How a version answered the examples that were recorded at its training. */
export const parity = z.object({
  rows: z.int(),
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  identical: z.boolean().meta({ description: "Every element has the bits that were recorded" }),
  within: z.boolean().meta({ description: "Every element is within the tolerance" }),
  outputs: z.array(
    z.object({
      output: z.string(),
      identical: z.boolean(),
      within: z.boolean(),
      max_ulps: z.number().nullable().meta({ description: "Largest distance in representable floats; null without" }),
    }),
  ),
  mismatch_count: z.int(),
  mismatches: z.array(mismatch).meta({ description: "The first 20" }),
  worst: mismatch.nullable(),
});
export type Parity = z.infer<typeof parity>;

/** `result` of a verify that succeeded. */
export const verifyResult = z.object({
  model: z.string(),
  version: z.int(),
  digest: z.string(),
  placement: z.string(),
  files: z.int(),
  bytes: z.int(),
  load_ms: z.number().meta({ description: "From the file to a warm copy with its examples answered" }),
  parity: parity.nullable().meta({ description: "Null: it has no examples; it was opened and no more" }),
});
export type VerifyResult = z.infer<typeof verifyResult>;

/** `result` of a deploy that succeeded. */
export const deployResult = z.object({
  model: z.string(),
  version: z.int(),
  digest: z.string(),
  created: z.boolean().meta({ description: "False: these bytes and this model section were there already" }),
  endpoint: z.string().nullable(),
  revision: z.int().nullable(),
  rollout: z
    .string()
    .nullable()
    .meta({ description: "What lets the version take the traffic step by step; null: it has all of it" }),
  placement: z.string(),
  parity: parity.nullable().meta({ description: "Null: it has no examples" }),
  notes: z.array(z.string()),
});
export type DeployResult = z.infer<typeof deployResult>;
