import { z } from "zod";
import { json, timestamp } from "./common.ts";

/** Everything that is judged, each the name of one kind of finding. */
export const monitorNames = [
  "quality.missing",
  "quality.type",
  "quality.range",
  "quality.unseen",
  "quality.constant",
  "quality.schema",
  "traffic.volume",
  "traffic.stopped",
  "drift.input",
  "drift.output",
  "drift.multivariate",
  "performance.realised",
  "performance.estimated",
  "performance.group",
  "performance.custom",
  "labels.rate",
  "system.latency",
  "system.errors",
  "system.saturation",
  "system.anomaly",
] as const;
export type MonitorName = (typeof monitorNames)[number];

export const verdicts = ["pass", "fail", "insufficient", "error"] as const;
export type MonitorVerdict = (typeof verdicts)[number];

const count = z.number().min(0);
const figure = z.number().nullable();

const span = {
  from: timestamp.meta({ description: "The first moment of the window" }),
  to: timestamp.meta({ description: "The first moment after it" }),
};

export const finding = z
  .object({
    monitor: z.enum(monitorNames),
    slice: z.string().meta({ description: "A named part of the traffic; empty: all of it" }),
    column: z.string().nullable(),
    metric: z.string().nullable(),
    verdict: z.enum(verdicts).meta({ description: "`insufficient` is an answer: there is too little to say" }),
    severity: z.enum(["critical", "warning", "info"]),
    value: figure,
    threshold: figure.meta({ description: "What `value` was held against" }),
    p: figure,
    p_adjusted: figure.meta({ description: "The chance of it in a usual window, all columns together" }),
    effect: figure.meta({
      description:
        "How much it moved: of a number standard deviations, of a category the share of rows that lie elsewhere",
    }),
    rows: count,
    reference_rows: figure,
    provisional: z
      .boolean()
      .meta({ description: "May change: labels are still coming, or the reference is provisional" }),
    message: z.string(),
    details: z.record(z.string(), json).optional(),
  })
  .meta({ description: "One verdict about one thing in one window" });
export type MonitorFinding = z.infer<typeof finding>;

export const distribution = z
  .object({
    edges: z
      .array(z.number())
      .nullable()
      .meta({ description: "Of a number: the bounds of the bins. Bin 0 is below the first, the last above the last" }),
    labels: z
      .array(z.string())
      .nullable()
      .meta({ description: "Of a category: its values; one bin more holds all others" }),
    reference: z.array(z.number()).nullable().meta({ description: "Share of the reference's rows in each bin" }),
    current: z.array(z.number()).nullable().meta({ description: "Share of the window's rows in each bin" }),
  })
  .meta({ description: "Reference and window on the same bins" });
export type MonitorDistribution = z.infer<typeof distribution>;

export const columnFigures = z.object({
  rows: count,
  missing: count.meta({ description: "Rows without a value" }),
  invalid: count.meta({ description: "Rows whose value is of another type, or no finite number" }),
  out_of_range: count,
  unseen: count.meta({ description: "Rows with a category that the reference does not know" }),
  mean: figure,
  std: figure,
  min: figure,
  p05: figure,
  median: figure,
  p95: figure,
  max: figure,
  distinct: figure.meta({ description: "About how many different values" }),
  frequent: z.array(z.object({ value: z.string(), count })).meta({ description: "The most frequent, largest first" }),
});
export type MonitorColumnFigures = z.infer<typeof columnFigures>;

export const columnView = z.object({
  name: z.string(),
  role: z.enum(["input", "output", "field"]),
  kind: z.enum(["number", "category"]),
  importance: figure.meta({ description: "Share of the model's answers that hangs on it, 0 to 1; null where unknown" }),
  recent: z.string().meta({
    description:
      "Verdicts on its drift in the last windows, the latest last: p pass, f fail, i insufficient, e error, - none",
  }),
  distribution: distribution.nullable(),
  reference: columnFigures.nullable(),
  current: columnFigures.nullable(),
  findings: z.array(finding),
});
export type MonitorColumn = z.infer<typeof columnView>;

export const referenceView = z.object({
  source: z.enum(["training", "mlflow", "predictions"]).meta({
    description: "`training`: `model.training.reference`; `mlflow`: the dataset of the run; else the first predictions",
  }),
  provisional: z.boolean(),
  rows: count,
  created_at: timestamp,
  blocks: z.int().min(0).meta({ description: "Parts by time (days, hours) that the thresholds were calibrated on" }),
  block: z.string().nullable().meta({ description: "What a part is: `hour`, `day`, `rows`" }),
  from: timestamp.nullable().meta({ description: "Of the reference's rows, where they have a time" }),
  to: timestamp.nullable(),
  label: z.string().nullable().meta({ description: "Its column with what came true" }),
  notes: z.array(z.string()).meta({ description: "What could not be done with it, and why" }),
});
export type MonitorReference = z.infer<typeof referenceView>;

export const performancePoint = z.object({
  ...span,
  metric: z.string(),
  kind: z.enum(["realised", "estimated"]).meta({ description: "From labels, or before they came" }),
  value: figure,
  lower: figure.meta({ description: "Its band of three standard errors" }),
  upper: figure,
  min: figure.meta({ description: "Below it is a fall" }),
  max: figure,
  rows: count.meta({ description: "Rows that it was computed from" }),
  predictions: count,
  provisional: z.boolean(),
  verdict: z.enum(verdicts),
});
export type MonitorPerformancePoint = z.infer<typeof performancePoint>;

export const performanceView = z.object({
  problem: z.enum(["binary", "multiclass", "regression"]).nullable(),
  points: z.array(performancePoint).meta({ description: "Of the window and those before it, oldest first" }),
  label_rate: figure.meta({ description: "Share of the predictions whose labels are due that have one" }),
  estimator_error: figure.meta({ description: "Mean absolute distance of estimates from what came true later" }),
  estimator_windows: z.int().min(0),
});
export type MonitorPerformance = z.infer<typeof performanceView>;

export const monitorWindow = z.object({
  ...span,
  rows: count,
  requests: count,
  errors: count,
  fallbacks: count,
  latency: z
    .object({ p50: z.number(), p90: z.number(), p99: z.number() })
    .nullable()
    .meta({ description: "Milliseconds" }),
});
export type MonitorWindow = z.infer<typeof monitorWindow>;

/** An incident as it stands beside a monitor; the whole of it is at `/api/v1/incidents/{id}`. */
export const openIncident = z.object({
  id: z.string(),
  state: z.string(),
  severity: z.enum(["critical", "warning", "info"]),
  title: z.string(),
  opened_at: timestamp,
  evidence: z.array(z.string()).meta({ description: "What it was opened for, the weightiest first" }),
  next: z.string().nullable().meta({ description: "The command to run next" }),
});
export type MonitorIncident = z.infer<typeof openIncident>;

/** A part of the traffic in the window that is shown. */
export const monitorSlice = z.object({
  name: z.string(),
  rows: count,
  verdict: z.enum([...verdicts, "none"]),
  failed: z.array(z.string()).meta({ description: "Columns and metrics that failed, each once" }),
});
export type MonitorSlice = z.infer<typeof monitorSlice>;

export const monitorView = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  enabled: z.boolean(),
  slice: z.string(),
  slices: z.array(monitorSlice).meta({ description: "Those that are watched beside the whole" }),
  window_ms: z.number(),
  window: monitorWindow.nullable().meta({ description: "What is shown; null: none is closed yet" }),
  verdict: z
    .enum([...verdicts, "none"])
    .meta({ description: "The worst of the window; `none`: nothing was judged yet" }),
  counts: z.object({ pass: count, fail: count, insufficient: count, error: count }),
  reference: referenceView.nullable(),
  columns: z.array(columnView).meta({ description: "Those that drifted most first" }),
  findings: z.array(finding).meta({ description: "What is about no column" }),
  performance: performanceView,
  incidents: z.array(openIncident),
  notes: z.array(z.string()).meta({ description: "What is not watched, and what to do about it" }),
});
export type MonitorView = z.infer<typeof monitorView>;

export const monitorQuery = z.object({
  version: z.string().optional().meta({ description: "A number or an alias; default: the version that serves" }),
  slice: z.string().optional(),
  at: z
    .string()
    .optional()
    .meta({ description: "The window that holds this time: RFC 3339, or a duration back from now; default: the last" }),
});

/** Each list has one value a window. */
export const monitorSeries = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  slice: z.string(),
  window_ms: z.number(),
  windows: z.array(monitorWindow).meta({ description: "Oldest first; windows without traffic are left out" }),
  series: z.array(
    z.object({
      monitor: z.enum(monitorNames),
      column: z.string().nullable(),
      metric: z.string().nullable(),
      values: z.array(figure),
      effects: z.array(figure),
      verdicts: z
        .string()
        .meta({ description: "One letter a window: p pass, f fail, i insufficient, e error, - none" }),
    }),
  ),
  performance: z.array(performancePoint),
  truncated: z.boolean().meta({ description: "There are more windows than were asked for: these are the newest" }),
});
export type MonitorSeries = z.infer<typeof monitorSeries>;

export const monitorSeriesQuery = z.object({
  version: monitorQuery.shape.version,
  slice: z.string().optional(),
  since: z.string().optional().meta({ description: "RFC 3339, or a duration back from now" }),
  until: z.string().optional(),
  limit: z.int().min(1).max(1000).default(168).meta({ description: "Most windows, the newest" }),
});

/** What windows are held against, in full. */
export const monitorReferenceView = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  reference: referenceView.nullable().meta({ description: "Null: there is none yet" }),
  columns: z.array(columnView),
  metrics: z
    .array(
      z.object({
        metric: z.string(),
        value: z.number(),
        spread: z.number().meta({ description: "How much its parts differ beyond chance, as a standard deviation" }),
      }),
    )
    .meta({ description: "How good the answers were on it, where it has labels" }),
  notes: z.array(z.string()).meta({ description: "Why there is none, and what to do about it" }),
});
export type MonitorReferenceView = z.infer<typeof monitorReferenceView>;

export const monitorReferenceRequest = z.strictObject({
  version: z.union([z.int().min(1), z.string().min(1).max(100)]).optional(),
});

export const monitorTestColumn = z.object({
  name: z.string(),
  role: z.enum(["input", "output", "field"]),
  kind: z.enum(["number", "category"]),
  test: z.enum(["ks", "chi_square"]).nullable().meta({
    description: "Kolmogorov and Smirnov's of numbers, the chi-square of homogeneity of categories; null: no values",
  }),
  statistic: figure,
  p: figure.meta({ description: "Of independent rows, which traffic seldom has" }),
  p_adjusted: figure.meta({ description: "After Benjamini-Hochberg over all columns" }),
  effect: figure.meta({
    description:
      "Of numbers Wasserstein's distance in standard deviations of the reference, of categories the total variation",
  }),
  jensen_shannon: figure.meta({ description: "On the reference's bins, base 2: 0 to 1" }),
  psi: figure,
  evidently: z
    .object({ test: z.string(), score: z.number(), drifted: z.boolean() })
    .nullable()
    .meta({ description: "What Evidently 0.7.21 says of these rows by its defaults; null where it refuses" }),
  rows: count,
  reference_rows: count,
});
export type MonitorTestColumn = z.infer<typeof monitorTestColumn>;

export const monitorTestResult = z.object({
  endpoint: z.string(),
  model: z.string(),
  version: z.int(),
  ...span,
  rows: count.meta({ description: "Predictions in the range" }),
  tested: count.meta({ description: "Of them; more than 1,000,000 are drawn from" }),
  reference_rows: count.meta({ description: "Rows of the reference's sample, 50,000 at most" }),
  columns: z.array(monitorTestColumn),
});
export type MonitorTestResult = z.infer<typeof monitorTestResult>;

export const monitorTestRequest = z.strictObject({
  version: z.union([z.int().min(1), z.string().min(1)]).optional(),
  columns: z.array(z.string().min(1).max(1000)).min(1).max(1000).optional().meta({ description: "Default: all" }),
  since: z.string().optional().meta({ description: "Predictions from then on; default: the last window" }),
  until: z.string().optional(),
});
export type MonitorTestRequest = z.infer<typeof monitorTestRequest>;
