import { z } from "zod";
import { json } from "./common.ts";

/** SQL over what was predicted. */
export const queryRequest = z.object({
  sql: z.string().min(1).max(100_000).meta({ description: "One SELECT over the views `predictions` and `labels`" }),
  limit: z
    .int()
    .min(1)
    .max(5_000_000)
    .optional()
    .meta({ description: "Most rows; 10,000 of json and 5,000,000 of csv and parquet where it is left out" }),
  format: z.enum(["json", "csv", "parquet"]).default("json"),
  timeout_ms: z.int().min(1).max(3_600_000).optional().meta({ description: "30,000 where it is left out" }),
  since: z.string().optional().meta({ description: "Predictions from then on: RFC 3339, or a duration back from now" }),
  until: z.string().optional(),
});
export type QueryRequest = z.input<typeof queryRequest>;

export const queryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string().meta({ description: "DuckDB's name of the type" }) })),
  rows: z.array(z.record(z.string(), json)).meta({
    description: "NaN is null; infinities and integers beyond 2^53 are strings; times are RFC 3339 in UTC",
  }),
  truncated: z.boolean().meta({ description: "There were more rows than the limit, or than 32 MB hold" }),
});
export type QueryAnswer = z.infer<typeof queryAnswer>;
