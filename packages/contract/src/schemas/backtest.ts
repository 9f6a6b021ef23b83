import { z } from "zod";
import { monitorSchema } from "../manifest-monitor.ts";
import { monitorNames } from "./monitoring.ts";

const count = z.int().min(0);

export const backtestRequest = z.strictObject({
  version: z
    .union([z.int().min(1), z.string().min(1)])
    .optional()
    .meta({ description: "A number or an alias; default: the one that serves" }),
  days: z.number().gt(0).max(366).optional().meta({ description: "Back from now; default: 30" }),
  monitor: monitorSchema
    .optional()
    .meta({ description: "Settings to try, as under `monitor:`; default: those in force" }),
});
export type BacktestRequest = z.infer<typeof backtestRequest>;

export const backtestRule = z.object({
  monitor: z.enum(monitorNames),
  slice: z.string(),
  windows: count.meta({ description: "That had a verdict" }),
  insufficient: count,
  failed: count.meta({ description: "Windows in which at least one thing failed" }),
  fired: count.meta({ description: "Times it would have become an alarm" }),
  columns: z
    .array(z.object({ column: z.string(), failed: count, fired: count }))
    .meta({ description: "Those that failed most, ten at most" }),
});
export type BacktestRule = z.infer<typeof backtestRule>;

/** `result` of the operation. */
export const backtestResult = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  from: z.string(),
  to: z.string(),
  windows: count.meta({ description: "With traffic" }),
  rules: z.array(backtestRule),
  incidents: z.array(
    z.object({
      severity: z.enum(["critical", "warning", "info"]),
      title: z.string(),
      opened_at: z.string(),
      resolved_at: z.string().nullable(),
    }),
  ),
  messages: count.meta({ description: "That the channels would have got" }),
});
export type BacktestResult = z.infer<typeof backtestResult>;
