import { z } from "zod";

/** Runs by their ids, or those that a search finds. */
export const runSelection = z.object({
  run_ids: z.array(z.string()).min(1).max(100_000).optional(),
  experiment: z.string().optional().meta({ description: "Its id or its name; all that are active unless given" }),
  filter: z
    .string()
    .optional()
    .meta({ description: "MLflow's grammar, with OR and parentheses", example: "metrics.loss > 10" }),
  dry_run: z.boolean().default(false).meta({ description: "Say which runs it would be and change nothing" }),
});
export type RunSelection = z.infer<typeof runSelection>;
export type NewRunSelection = z.input<typeof runSelection>;

/** `result` of an operation that deleted or restored runs; with `dry_run` what it would have done. */
export const runsMoved = z.object({
  dry_run: z.boolean(),
  count: z.int(),
  run_ids: z.array(z.string()).meta({ description: "At most 1000" }),
});
export type RunsMoved = z.infer<typeof runsMoved>;
