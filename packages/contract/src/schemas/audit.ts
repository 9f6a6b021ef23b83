import { z } from "zod";
import { id, json, pageOf, timestamp } from "./common.ts";

/** One change on record for good: who did what to what. */
export const auditEvent = z.object({
  id,
  at: timestamp,
  actor: z
    .string()
    .nullable()
    .meta({ description: "The user of the token; null where none was needed, or on the data folder itself" }),
  action: z.string().meta({ description: "noun.verb, such as alias.set", example: "alias.set" }),
  subject: z.string().meta({ description: "What it was done to", example: "flight-delay@champion" }),
  details: z.record(z.string(), json),
});
export type AuditEvent = z.infer<typeof auditEvent>;
export const auditPage = pageOf(auditEvent);

export const auditQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
  subject: z.string().optional(),
  action: z.string().optional().meta({ description: "One action (alias.set), or all of a noun (alias)" }),
  actor: z.string().optional(),
  since: z.string().optional().meta({ description: "RFC 3339, or a duration back from now such as 15m" }),
});
