import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { clockTime, days, duration, text, value } from "./manifest-values.ts";
import { suggestion } from "./nearest.ts";

const share = z.number().min(0).max(1);
const bounds = z
  .strictObject({ min: z.number().optional(), max: z.number().optional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, "give a min, a max or both");

const window = duration.refine((text) => {
  const ms = parseDuration(text);
  return Number.isInteger(ms / 1000) && ms >= 1000 && ms <= 30 * 86_400_000;
}, "a window is a whole number of seconds, from 1s to 30d");

const sliceObject = z
  .strictObject({
    name: text.optional(),
    column: text,
    values: z.array(value).min(1).max(1000).optional(),
    from: z.number().optional(),
    to: z.number().optional(),
  })
  .refine(({ values, from, to }) => values === undefined || (from === undefined && to === undefined), {
    error: "a slice has either values or from and to",
  });

const slice = z.union([text, sliceObject], {
  error: "must be the name of a column, or {name, column, values} or {name, column, from, to}",
});

const windows = z
  .string()
  .regex(/^[1-9]\d? of [1-9]\d?$/, 'must be such as "2 of 3"')
  .refine((words) => {
    const [k = 0, m = 0] = words.split(" of ").map(Number);
    return k <= m;
  }, "the first number cannot be the larger one");

const drift = z.strictObject({
  alpha: z.number().gt(0).lt(0.5).optional(),
  effect: z.number().min(0).optional(),
  min_rows: z.int().min(10).max(1_000_000).optional(),
  windows: windows.optional(),
  ignore: z.array(text).max(1000).optional(),
  multivariate: z.boolean().optional(),
});

const quality = z.strictObject({ missing: share.optional(), unseen: share.optional(), range: share.optional() });

const labels = z.strictObject({
  horizon: duration.optional(),
  maturity: share.optional(),
  missing: value.optional(),
  positive: value.optional(),
});

const metric = z
  .strictObject({ sql: z.string().min(1).max(20_000), min: z.number().optional(), max: z.number().optional() })
  .meta({ description: "One SELECT over the predictions and labels of a window that gives one number" });

const system = z.strictObject({
  latency: duration.optional(),
  latency_objective: z.number().gt(0).lt(1).optional(),
  error_objective: z.number().gt(0).lt(1).optional(),
  stopped_after: z.union([duration, z.literal("off")]).optional(),
});

const maintenance = z.strictObject({
  from: clockTime,
  to: clockTime,
  days: z.array(z.enum(days)).min(1).optional(),
});

const incidents = z.strictObject({
  channels: z.array(text).max(100).optional(),
  cooldown: duration.optional(),
  resolve_after: z.int().min(1).max(100).optional(),
  maintenance: z.array(maintenance).max(100).optional(),
});

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "use a-z, 0-9 and _, beginning with a letter");

/** What is measured once labels have come, of two classes, of more, and of numbers. */
export const performanceMetrics = [
  "roc_auc",
  "accuracy",
  "f1",
  "precision",
  "recall",
  "specificity",
  "mcc",
  "average_precision",
  "log_loss",
  "brier",
  "ece",
  "value",
  "mae",
  "rmse",
  "mse",
  "bias",
  "mape",
  "r2",
];

const performance = z.record(name, bounds).superRefine((metrics, context) => {
  for (const metric of Object.keys(metrics))
    if (!performanceMetrics.includes(metric))
      context.addIssue({
        code: "custom",
        path: [metric],
        message: `is not a metric.${suggestion(metric, performanceMetrics) || ` There are ${performanceMetrics.join(", ")}.`}`,
      });
});

export const seasons = ["none", "hour_of_day", "day_of_week", "hour_of_week"] as const;

/** The `monitor` section of `slipway.yaml`; what is left out has a default that needs no configuration. */
export const monitorSchema = z.strictObject({
  window: window.optional(),
  season: z.enum(seasons).optional(),
  reference: z.strictObject({ time: text.optional(), label: text.optional() }).optional(),
  slices: z.array(slice).max(100).optional(),
  groups: z.array(text).max(100).optional(),
  drift: drift.optional(),
  quality: quality.optional(),
  labels: labels.optional(),
  performance: performance.optional(),
  cost: z.record(text, z.record(text, z.number())).optional(),
  metrics: z.record(name, metric).optional(),
  system: system.optional(),
  incidents: incidents.optional(),
});
export type ManifestMonitor = z.infer<typeof monitorSchema>;

/** The known keys of the section, by the path below it; see `knownKeys` of the manifest. */
export const monitorKeys: Readonly<Record<string, readonly string[]>> = {
  monitor: Object.keys(monitorSchema.shape),
  "monitor.reference": ["time", "label"],
  "monitor.slices": ["name", "column", "values", "from", "to"],
  "monitor.drift": Object.keys(drift.shape),
  "monitor.quality": Object.keys(quality.shape),
  "monitor.labels": Object.keys(labels.shape),
  "monitor.performance": ["min", "max"],
  "monitor.metrics": Object.keys(metric.shape),
  "monitor.system": Object.keys(system.shape),
  "monitor.incidents": Object.keys(incidents.shape),
  "monitor.incidents.maintenance": Object.keys(maintenance.shape),
};
