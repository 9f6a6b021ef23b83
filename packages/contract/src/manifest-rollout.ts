import { z } from "zod";
import { clockTime, days, duration, text, value } from "./manifest-values.ts";

/** `10%`, `0.05%`: with at most two decimals, as traffic is divided into ten-thousandths. */
const percent = z
  .string()
  .regex(
    /^(?:100(?:\.00?)?|\d{1,2}(?:\.\d{1,2})?)%$/,
    "write a percentage with at most two decimals, such as 10% or 0.5%",
  );

/** Ten-thousandths. */
export function parsePercent(text: string): number {
  return Math.round(Number(text.slice(0, -1)) * 100);
}

export const strategies = ["immediate", "shadow", "canary", "blue-green", "ab"] as const;
export type Strategy = (typeof strategies)[number];

/**
 * What is counted of every request (the first four), and what is known once its label has come: a wrong class, and losses.
 * In all of them less is better, but for those of one's own that say otherwise.
 */
export const rolloutMetrics = [
  "errors",
  "refused",
  "fallbacks",
  "latency",
  "wrong",
  "brier",
  "log_loss",
  "absolute_error",
  "squared_error",
] as const;
export type RolloutMetric = (typeof rolloutMetrics)[number];

const metricName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "use a-z, 0-9 and _, beginning with a letter");
const builtIn = z.enum(rolloutMetrics);

const prometheus = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  query: z.string().min(1).max(10_000),
});

/** What all metrics may say. */
const common = {
  /** `latency`: what a request may take. Left out: twice the champion's p95 of late. */
  budget: duration.optional(),
  /** How much more often than with the champion something may happen: 0.1 is a tenth more often. For what is counted. */
  tolerate: z.number().min(0).max(100).optional(),
  /** How much worse than the champion's mean is still no harm, in the metric's unit. For what is averaged. */
  margin: z.number().min(0).optional(),
  alpha: z.number().gt(0).lt(0.5).optional(),
};

const named = z.strictObject({ metric: builtIn, name: metricName.optional(), ...common });
const bySql = z.strictObject({
  name: metricName,
  sql: z
    .string()
    .min(1)
    .max(20_000)
    .meta({ description: "SELECT with the columns arm and value, one row for each thing measured" }),
  better: z.enum(["lower", "higher"]).optional(),
  ...common,
});

const compared = z.union([builtIn, named, bySql], {
  error: `must be a metric (${rolloutMetrics.join(", ")}), {metric, ...} or {name, sql, ...}`,
});

const bounds = { min: z.number().optional(), max: z.number().optional() };
const hasBound = ({ min, max }: { min?: number | undefined; max?: number | undefined }) =>
  min !== undefined || max !== undefined;
const byPrometheus = z
  .strictObject({ name: metricName, prometheus, ...bounds })
  .refine(hasBound, "give a min, a max or both");
/** What Prometheus answers is compared with nothing: it has a bound, and is a limit wherever it stands. */
const guarded = z.union([builtIn, named, bySql, byPrometheus], {
  error: `must be a metric (${rolloutMetrics.join(", ")}), {metric, ...}, {name, sql, ...} or {name, prometheus: {url, query}, max}`,
});
const limit = z.union(
  [
    named.extend(bounds).refine(hasBound, "give a min, a max or both"),
    bySql.safeExtend(bounds).refine(hasBound, "give a min, a max or both"),
    byPrometheus,
  ],
  { error: "must be {metric, max}, {name, sql, max} or {name, prometheus: {url, query}, max}" },
);

const step = z
  .strictObject({
    shadow: percent.optional(),
    traffic: percent.optional(),
    hold: duration.optional(),
    min_samples: z.int().min(1).optional(),
    min_labels: z.int().min(1).optional(),
    /** The goal must have been reached in this step before the next begins. */
    prove: z.boolean().optional(),
    bake: duration.optional(),
    /** Who has to agree: a user, or `anyone` but the author. */
    approve: text.optional(),
    timeout: duration.optional(),
  })
  .refine((of) => [of.shadow, of.traffic, of.approve].filter((kind) => kind !== undefined).length === 1, {
    error: "a step has one of shadow, traffic and approve",
  })
  .refine((of) => of.timeout === undefined || of.approve !== undefined, { path: ["timeout"], error: "is for approve" })
  .refine((of) => of.bake === undefined || of.traffic !== undefined, { path: ["bake"], error: "is for traffic" });

const gateFile = text;
/** What rows with labels have: nobody waits for their answers, and none of them is refused. */
const loss = z.enum(["wrong", "brier", "log_loss", "absolute_error", "squared_error"]);
const gate = z.union(
  [
    z.enum(["signature", "parity", "training_age", "latency", "shadow"]),
    z.strictObject({
      offline: z.strictObject({
        data: gateFile,
        label: text,
        metric: loss,
        margin: z.number().min(0).optional(),
        alpha: z.number().gt(0).lt(0.5).optional(),
      }),
    }),
    z.strictObject({
      slices: z.strictObject({
        data: gateFile,
        label: text,
        metric: loss,
        columns: z.array(text).min(1).max(100).optional(),
        min_rows: z.int().min(10).optional(),
        margin: z.number().min(0).optional(),
      }),
    }),
    z.strictObject({ behaviour: gateFile }),
    z.strictObject({
      latency: z.strictObject({
        p99: duration.optional(),
        ratio: z.number().gt(0).optional(),
        requests: z.int().min(10).max(10_000).optional(),
        memory: text.optional(),
      }),
    }),
    z.strictObject({
      shadow: z.strictObject({
        requests: z.int().min(10).max(100_000).optional(),
        disagreement: z.number().min(0).max(1).optional(),
      }),
    }),
    z.strictObject({ name: metricName, command: z.array(text).min(1).max(100), timeout: duration.optional() }),
  ],
  {
    error:
      "must be a gate (signature, parity, training_age, latency, shadow), one with its settings ({offline: {data, label, metric}}), or {name, command}",
  },
);

const action = z.enum(["hold", "rollback", "promote", "warn"]);
// Words of slipway.yaml: nobody awaits them.
// oxlint-disable-next-line unicorn/no-thenable
const holdThen = z.strictObject({ hold: duration, then: z.enum(["rollback", "promote", "warn"]) });
/** What comes of a verdict, at once or after a while. */
const reaction = z.union([action, holdThen], {
  error: "must be hold, rollback, promote, warn, or {hold: 30m, then: rollback}",
});

export const conditions = ["no_data", "srm", "error", "inconclusive", "deadline"] as const;

const freeze = z.union([
  z.strictObject({ from: clockTime, to: clockTime, days: z.array(z.enum(days)).min(1).optional() }),
  z.strictObject({ since: z.iso.datetime({ offset: true }), until: z.iso.datetime({ offset: true }) }),
]);

const rule = z
  .strictObject({
    name: metricName,
    header: text.optional(),
    field: text.optional(),
    values: z.array(value).min(1).max(1000),
  })
  .refine(({ header, field }) => (header === undefined) !== (field === undefined), "give either a header or a field");

const when = z.strictObject({
  no_data: reaction.optional(),
  srm: reaction.optional(),
  error: reaction.optional(),
  inconclusive: reaction.optional(),
  deadline: z.enum(["rollback", "promote", "hold"]).optional(),
});

/** The `rollout` section of `slipway.yaml`: how a new version takes the traffic. What is left out has a default, by strategy. */
export const rolloutSchema = z.strictObject({
  strategy: z.enum(strategies).optional(),
  unit: text.optional().meta({ description: "What stays with one arm: a record field, or header:NAME" }),
  control: z.enum(["rest", "equal"]).optional(),
  alpha: z.number().gt(0).lt(0.5).optional(),
  gates: z.array(gate).max(50).optional(),
  steps: z.array(step).min(1).max(100).optional(),
  goal: compared.optional(),
  guardrails: z.array(guarded).max(50).optional(),
  signals: z.array(compared).max(50).optional(),
  limits: z.array(limit).max(50).optional(),
  observe: z.array(compared).max(50).optional(),
  when: when.optional(),
  rules: z.array(rule).max(100).optional(),
  freeze: z.array(freeze).max(100).optional(),
  deadline: duration.optional(),
  finish: z.enum(["promote", "report"]).optional(),
});
export type ManifestRollout = z.infer<typeof rolloutSchema>;

/** The known keys of the section, by the path below it; see `knownKeys` of the manifest. */
export const rolloutKeys: Readonly<Record<string, readonly string[]>> = {
  rollout: Object.keys(rolloutSchema.shape),
  "rollout.steps": Object.keys(step.shape),
  "rollout.goal": ["metric", "sql", "name", "better", ...Object.keys(common)],
  "rollout.guardrails": ["metric", "sql", "name", "prometheus", "min", "max", "better", ...Object.keys(common)],
  "rollout.signals": ["metric", "sql", "name", "better", ...Object.keys(common)],
  "rollout.observe": ["metric", "sql", "name", "better", ...Object.keys(common)],
  "rollout.limits": ["metric", "sql", "name", "prometheus", "min", "max", "budget"],
  "rollout.when": [...conditions],
  "rollout.rules": Object.keys(rule.shape),
  "rollout.freeze": ["from", "to", "days", "since", "until"],
};
