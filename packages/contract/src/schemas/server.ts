import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { id, timestamp } from "./common.ts";

export const serverStatus = z.object({
  version: z.string(),
  instance: id,
  url: z.string(),
  data: z.string().meta({ description: "The data folder" }),
  pid: z.int(),
  started_at: timestamp,
  uptime_ms: z.int(),
  rss_bytes: z.int(),
  epoch: z.int(),
  endpoints: z.array(
    endpoint.pick({ name: true, target: true, state: true, state_message: true, warnings: true, revision: true }),
  ),
  predictions: z.object({
    answered: z.int(),
    logged: z.int(),
    not_logged: z.int(),
    log_bytes: z.int(),
  }),
});
export type ServerStatus = z.infer<typeof serverStatus>;

export const blobState = z.object({ sha256: z.string(), size: z.int(), complete: z.boolean() });
export type BlobState = z.infer<typeof blobState>;

export const logQuery = z.object({
  limit: z.int().min(1).max(10_000).default(200),
  name: z.string().optional().meta({ description: "Only lines about this endpoint or model" }),
  level: z.enum(["debug", "info", "warn", "error"]).optional().meta({ description: "This level and above" }),
});
export const logLines = z.object({
  items: z.array(z.record(z.string(), z.unknown())).meta({ description: "The last lines, oldest first" }),
});
export type LogLines = z.infer<typeof logLines>;
