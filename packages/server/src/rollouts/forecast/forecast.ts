import type { Clock } from "../../kernel/clock.ts";
import { nameGates } from "../gates/gate.ts";
import type { RolloutPlan } from "../use-cases.ts";
import { foreseeMetric, type ForeseenMetric } from "./foresee-metric.ts";
import { foreseeSteps, type ForeseenStep } from "./foresee-steps.ts";
import { readPresentTraffic, type PresentDeps, type PresentTraffic } from "./present-traffic.ts";
import { spanText } from "./words.ts";

interface Advice {
  readonly message: string;
  /** A command line. */
  readonly command: string;
}

/** What a rollout would do and how long that would take at the present traffic. */
export interface Forecast {
  /** Null: the endpoint was not asked of late. */
  readonly traffic: PresentTraffic | null;
  readonly gates: readonly string[];
  readonly steps: readonly ForeseenStep[];
  readonly metrics: readonly ForeseenMetric[];
  /** Without what persons take; null: nobody can say. */
  readonly takesMs: number | null;
  readonly advice: readonly Advice[];
}

export interface ForecastDeps {
  readonly monitoring: PresentDeps;
  readonly clock: Clock;
}

export function createForecasts({ monitoring, clock }: ForecastDeps): (plan: RolloutPlan) => Promise<Forecast> {
  return async (plan) => {
    const watched = { endpoint: plan.endpoint, model: plan.model, version: plan.from };
    return foresee(plan, await readPresentTraffic(monitoring, watched, clock.now()));
  };
}

/** A function of the spec and of the traffic. */
export function foresee(plan: RolloutPlan, traffic: PresentTraffic | null): Forecast {
  const { spec } = plan;
  const steps = foreseeSteps(spec, traffic);
  const given = { spec, steps, traffic };
  const metrics = [
    ...spec.guardrails.map((metric) => foreseeMetric(metric, "guardrail", given)),
    ...spec.signals.map((metric) => foreseeMetric(metric, "signal", given)),
  ];
  const takesMs = totalOf(steps);
  return {
    traffic,
    gates: nameGates(spec.gates),
    steps,
    metrics,
    takesMs,
    advice: advise(plan, { traffic, metrics, takesMs }),
  };
}

function totalOf(steps: readonly ForeseenStep[]): number | null {
  const timed = steps.filter(({ kind }) => kind !== "approve");
  return timed.some(({ takesMs }) => takesMs === null) ? null : timed.reduce((sum, { takesMs }) => sum + takesMs!, 0);
}

function advise(
  { model, from, to, spec }: RolloutPlan,
  { traffic, metrics, takesMs }: Pick<Forecast, "traffic" | "metrics" | "takesMs">,
): Advice[] {
  const late = metrics.filter(({ role, inTime }) => role === "guardrail" && inTime === false);
  const isLong = takesMs !== null && takesMs > spec.deadlineMs;
  const isUnknown = traffic === null && spec.steps.length > 0;
  if (late.length === 0 && !isLong && !isUnknown) return [];
  const why = isUnknown
    ? "Without traffic its steps wait for requests until the deadline."
    : isLong
      ? `Its steps take longer than its deadline of ${spanText(spec.deadlineMs)}.`
      : `Its steps end before harm of that size is seen (${late.map(({ metric }) => metric).join(", ")}): give them more time or traffic.`;
  return [
    {
      message: `${why} Both versions can answer requests of the last days, or rows of a file, now:`,
      command: `slipway compare ${model}@${from} ${model}@${to} --on logged:7d`,
    },
    ...(spec.strategy === "shadow" || isUnknown
      ? []
      : [
          {
            message:
              "Or have the candidate answer all requests for nobody first: each is a pair, so far fewer are needed:",
            command: `slipway rollout start ${model}@${to} --strategy shadow`,
          },
        ]),
  ];
}
