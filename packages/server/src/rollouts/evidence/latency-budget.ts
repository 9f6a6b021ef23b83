import { latencyEdges } from "../../monitoring/index.ts";
import type { Rollout } from "../rollout.ts";
import type { MetricSpec, RolloutSpec } from "../spec.ts";
import { quantileOf } from "./counters/latency.ts";
import type { EvidenceDeps } from "./evidence-source.ts";
import { leastUnits } from "./effect-of.ts";

const hourMs = 3_600_000;
const timesP95 = 2;
/** Below it a tail is the machine's own noise, and no caller's harm. */
const leastMs = 5;

/** By the name of the metric, milliseconds; null: the champion has had too little traffic to say. */
export type Budgets = Readonly<Record<string, number | null>>;

/** What a request may take, for each metric about it: what the spec says, else twice the champion's p95 of the last hour, and 5 ms at least. */
export async function findBudgets(
  { profiles }: Pick<EvidenceDeps, "profiles">,
  { endpoint, model, from: version, spec }: Rollout,
  now: number,
): Promise<Budgets> {
  const specs = listLatency(spec);
  if (specs.length === 0) return {};
  const isUsual = specs.some(({ budgetMs }) => budgetMs === null);
  const minutes = isUsual
    ? await profiles.listMinutes({ endpoint, model, version, from: now - hourMs, to: now + 1 })
    : [];
  const buckets: number[] = [];
  for (const { latency } of minutes) for (const [i, count] of latency.entries()) buckets[i] = (buckets[i] ?? 0) + count;
  const usual = usualBudget(buckets);
  return Object.fromEntries(specs.map(({ key, budgetMs }) => [key, budgetMs ?? usual]));
}

/** From the champion's latencies by bucket. Null: too few. */
export function usualBudget(buckets: readonly number[]): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  const p95 = total < leastUnits ? null : quantileOf(latencyEdges, buckets, 0.95);
  return p95 === null ? null : Math.max(leastMs, timesP95 * p95);
}

/** Two metrics with the same budget share their counts. */
export function budgetKey({ source }: Pick<MetricSpec, "source">): string {
  return source.kind === "latency" && source.budgetMs !== null ? `${source.budgetMs} ms` : "usual";
}

function listLatency({ goal, guardrails, signals, limits, observe }: RolloutSpec) {
  return [...(goal === null ? [] : [goal]), ...guardrails, ...signals, ...limits, ...observe].flatMap((metric) =>
    metric.source.kind === "latency" ? [{ key: budgetKey(metric), budgetMs: metric.source.budgetMs }] : [],
  );
}
