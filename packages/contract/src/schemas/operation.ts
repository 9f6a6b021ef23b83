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

/** `result` of a deploy that succeeded. */
export const deployResult = z.object({
  model: z.string(),
  version: z.int(),
  digest: z.string(),
  created: z.boolean().meta({ description: "False: these bytes and this model section were there already" }),
  endpoint: z.string().nullable(),
  revision: z.int().nullable(),
  placement: z.string(),
  notes: z.array(z.string()),
});
export type DeployResult = z.infer<typeof deployResult>;
