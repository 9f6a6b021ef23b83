import type { RolloutSpec } from "../spec.ts";
import type { Compared } from "./compared.ts";
import { tuningOf } from "./tuning-of.ts";

/** All that a rollout looks at, the goal first. */
export function listCompared(spec: RolloutSpec): Compared[] {
  const tuning = tuningOf(spec);
  const { goal, guardrails, signals, limits, observe } = spec;
  return [
    ...(goal === null ? [] : [{ role: "goal", spec: goal, tuning } as const]),
    ...guardrails.map((each) => ({ role: "guardrail", spec: each, tuning }) as const),
    ...signals.map((each) => ({ role: "signal", spec: each, tuning }) as const),
    ...limits.map((each) => ({ role: "limit", spec: each }) as const),
    ...observe.map((each) => ({ role: "observe", spec: each, tuning }) as const),
  ];
}
