import type { LimitSpec, MetricSpec } from "../spec.ts";

/** A metric of a rollout, and what its verdict is for. */
export type Compared = ComparedMetric | ComparedLimit;

export interface ComparedMetric {
  readonly role: "guardrail" | "signal" | "observe" | "goal";
  readonly spec: MetricSpec;
  /** Units at which an interval is to be narrowest: fixed when the rollout begins. See `tuningOf`. */
  readonly tuning: number;
}

interface ComparedLimit {
  readonly role: "limit";
  readonly spec: LimitSpec;
}

/** Whether a unit is 0 or 1. */
export function isCounted({ source }: MetricSpec): boolean {
  return (
    source.kind === "counter" || source.kind === "latency" || (source.kind === "label" && source.metric === "wrong")
  );
}
