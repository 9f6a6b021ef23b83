import { z } from "zod";

export const eraseRequest = z.object({
  where: z.string().min(1).max(20_000).meta({
    description: "One boolean SQL expression over the columns of the endpoint's view `predictions`",
    example: "key = 'alice'",
  }),
  dry_run: z.boolean().optional().meta({ description: "Only count what would go" }),
});
export type EraseRequest = z.infer<typeof eraseRequest>;

/** `result` of an erase that succeeded, or of its dry run. */
export const eraseResult = z.object({
  erasure: z.string().nullable().meta({ description: "Id of the tombstone in the audit trail; null for a dry run" }),
  endpoint: z.string(),
  dry_run: z.boolean(),
  predictions: z.int().meta({ description: "Predictions (rows) that matched" }),
  requests: z.int().meta({ description: "Requests that they were part of" }),
  widened: z.int().meta({
    description:
      "Rows that did not match and went with their request, since what was left of it did not fit in its place",
  }),
  labels: z.int().meta({ description: "Labels that went with them" }),
  segments: z.int().meta({ description: "Files of the prediction log that were rewritten" }),
  lake_files: z.int().meta({ description: "Parquet files that were rewritten" }),
  unreadable_bytes: z.int().meta({ description: "Bytes of damaged log files, in which nobody can look" }),
  notes: z.array(z.string()).meta({ description: "What this did not reach" }),
});
export type EraseResult = z.infer<typeof eraseResult>;
