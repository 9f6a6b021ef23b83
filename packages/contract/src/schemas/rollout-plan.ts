import { z } from "zod";
import { strategies } from "../manifest-rollout.ts";
import { id, modelName, name, timestamp, versionNumber } from "./common.ts";
import { share } from "./rollout-words.ts";

const count = z.number().min(0);
const figure = z.number().nullable();
const takesMs = z
  .number()
  .nullable()
  .meta({ description: "Milliseconds at the present traffic; null: it cannot be said, or never" });

/** How fast the endpoint is asked now, by which a plan reckons. */
export const plannedTraffic = z.object({
  from: timestamp,
  to: timestamp,
  requests: count,
  rows: count,
  requests_per_second: z.number(),
  rows_per_second: z.number(),
});
export type PlannedTraffic = z.infer<typeof plannedTraffic>;

export const plannedStep = z.object({
  kind: z.enum(["shadow", "traffic", "approve"]),
  share: share.nullable(),
  summary: z.string(),
  takes_ms: takesMs,
  because: z
    .enum(["hold", "bake", "min_samples", "min_labels", "approval", "deadline"])
    .nullable()
    .meta({ description: "What it waits for longest" }),
});
export type PlannedStep = z.infer<typeof plannedStep>;

export const plannedMetric = z.object({
  metric: z.string(),
  role: z.enum(["guardrail", "signal"]),
  alpha: z.number(),
  share: share.meta({ description: "Of the traffic, in the step that it was reckoned for" }),
  base_rate: figure.meta({ description: "How often it happens now; null: it is not known here" }),
  ratio: figure.meta({ description: "How much more often it is reckoned to happen" }),
  requests: figure.meta({ description: "Of both arms, in the median, until harm is proven" }),
  takes_ms: takesMs,
  in_time: z.boolean().nullable().meta({ description: "Within the rollout's deadline; null: it cannot be said" }),
  message: z.string(),
});
export type PlannedMetric = z.infer<typeof plannedMetric>;

export const rolloutPlan = z
  .object({
    endpoint: name,
    model: modelName,
    from: versionNumber,
    to: versionNumber,
    supersedes: id.nullable().meta({ description: "A rollout that is under way and would be superseded" }),
    strategy: z.enum(strategies),
    unit: z.string().nullable(),
    control: z.enum(["rest", "equal"]),
    traffic: plannedTraffic.nullable().meta({ description: "Null: the endpoint was not asked of late" }),
    gates: z.array(z.string()),
    steps: z.array(plannedStep),
    metrics: z.array(plannedMetric).meta({ description: "How long until harm of a size is seen" }),
    takes_ms: takesMs,
    deadline_ms: z.number(),
    finish: z.enum(["promote", "report"]),
    advice: z.array(z.object({ message: z.string(), command: z.string() })),
  })
  .meta({ description: "What a rollout would do, and how long it would take at the present traffic" });
export type RolloutPlan = z.infer<typeof rolloutPlan>;
