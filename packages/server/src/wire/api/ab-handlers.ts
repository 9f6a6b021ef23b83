import type * as wire from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { AbMetric, AbQuestion, AbReport, FindAbReport } from "../../rollouts/index.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toTimestamp } from "./views.ts";

export interface AbHandlerDeps {
  readonly findAbReport: FindAbReport;
  readonly clock: Clock;
}

export function createAbHandlers({ findAbReport, clock }: AbHandlerDeps): Pick<Handlers, "reportAb"> {
  return {
    reportAb: async ({ params, body, reply }) => {
      const gone = new AbortController();
      const leave = () => gone.abort();
      reply.raw.once("close", leave);
      const question = toQuestion(params["endpoint"]!, body as wire.AbRequest, clock.now());
      const report = await findAbReport({ ...question, signal: gone.signal });
      reply.raw.off("close", leave);
      return toAbView(report);
    },
  };
}

function toQuestion(endpoint: string, { metrics = [], sql = [], ...asked }: wire.AbRequest, now: number): AbQuestion {
  const own = sql.map(({ name, sql: text }): AbMetric => ({ kind: "sql", name, sql: text }));
  const time = (text: string | undefined) => (text === undefined ? null : parseSince(text, now));
  return {
    endpoint,
    metrics: [...new Set(metrics)].map(toMetric).concat(own),
    higher: new Set(sql.filter(({ better }) => better === "higher").map(({ name }) => name)),
    unit: asked.unit ?? null,
    since: time(asked.since),
    until: time(asked.until),
    alpha: asked.alpha ?? 0.05,
  };
}

function toMetric(name: NonNullable<wire.AbRequest["metrics"]>[number]): AbMetric {
  return name === "errors" || name === "fallbacks" ? { kind: "counter", name } : { kind: "label", name };
}

function toAbView({ metrics, ...report }: AbReport): wire.AbReport {
  const pair = (interval: readonly [number, number] | null) => interval && ([...interval] as [number, number]);
  return {
    endpoint: report.endpoint,
    model: report.model,
    unit: report.unit,
    from: toTimestamp(report.from),
    to: toTimestamp(report.to),
    running: report.running,
    revisions: [...report.revisions],
    alpha: report.alpha,
    arms: report.arms.map((arm) => ({ ...arm })),
    mixed_units: report.mixedUnits,
    rows_without_unit: report.rowsWithoutUnit,
    rows_by_rule: report.rowsByRule,
    sample_ratio_p: report.sampleRatioP,
    problems: report.problems.map((problem) => ({ ...problem })),
    metrics: metrics.map(({ means, comparisons, ...metric }) => ({
      ...metric,
      means: means.map((mean) => ({ ...mean })),
      comparisons: comparisons.map(({ interval, relativeInterval, ...comparison }) => ({
        ...comparison,
        interval: pair(interval),
        relative_interval: pair(relativeInterval),
      })),
    })),
    summary: report.summary,
  };
}
