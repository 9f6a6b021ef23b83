import type * as wire from "@slipway/contract";
import type { Forecast, RolloutPlan } from "../../rollouts/index.ts";
import { toTimestamp } from "./views.ts";

export function toPlanView(plan: RolloutPlan, forecast: Forecast): wire.RolloutPlan {
  const { endpoint, model, from, to, supersedes, spec } = plan;
  const { traffic, gates, steps, metrics, takesMs, advice } = forecast;
  return {
    endpoint,
    model,
    from,
    to,
    supersedes,
    strategy: spec.strategy,
    unit: spec.unit,
    control: spec.control,
    traffic: traffic && {
      from: toTimestamp(traffic.from),
      to: toTimestamp(traffic.to),
      requests: traffic.requests,
      rows: traffic.rows,
      requests_per_second: traffic.requestsPerSecond,
      rows_per_second: traffic.rowsPerSecond,
    },
    gates: [...gates],
    steps: steps.map(({ kind, share, summary, takesMs: takes_ms, because }) => ({
      kind,
      share,
      summary,
      takes_ms,
      because,
    })),
    metrics: metrics.map(({ baseRate, takesMs: takes_ms, inTime, ...metric }) => ({
      ...metric,
      base_rate: baseRate,
      takes_ms,
      in_time: inTime,
    })),
    takes_ms: takesMs,
    deadline_ms: spec.deadlineMs,
    finish: spec.finish,
    advice: advice.map((each) => ({ ...each })),
  };
}
