import { latencyEdges } from "../../monitoring/index.ts";
import type { Evidence } from "../verdict.ts";
import type { Compared } from "./compared.ts";
import { countFirsts } from "./counters/count-firsts.ts";
import { quantileOf } from "./counters/latency.ts";
import type { Counts } from "./counters/counts.ts";
import { leastUnits } from "./effect-of.ts";
import { findQuiet } from "./find-quiet.ts";
import { budgetKey } from "./latency-budget.ts";
import { type Measured, ofEvents, type Pairs, type Sums } from "./measured.ts";
import { hasShadow } from "./rows/rows.ts";
import type { RowsMeasure } from "./rows/rows-input.ts";
import { graceMs, type Seen } from "./seen.ts";
import { toEvidence } from "./to-evidence.ts";
import { toStrata, withFirsts } from "./to-strata.ts";
import { toUnjudged } from "./unjudged.ts";

/** Verdict on one metric that is counted or measured here. */
export function observeMetric(compared: Compared, seen: Seen): Evidence {
  const { source } = compared.spec;
  if (source.kind === "counter") return observeCounter(compared, seen, source.metric);
  if (source.kind === "latency") return observeLatency(compared, seen);
  if (source.kind === "label") return observeRows(compared, seen, (output) => output.labels[source.metric]);
  if (source.kind === "sql") return observeRows(compared, seen, (output) => output.sql[source.sql]);
  throw new TypeError(`${compared.spec.name} is asked of Prometheus.`);
}

type Counter = "errors" | "refused" | "fallbacks";

/** What a fallback had to answer has failed, although its caller did not see it. */
const happened: Readonly<Record<Counter, (counts: Counts) => number>> = {
  errors: ({ errors, fallbacks }) => errors + fallbacks,
  refused: ({ refused }) => refused,
  fallbacks: ({ fallbacks }) => fallbacks,
};

function observeCounter(compared: Compared, seen: Seen, metric: Counter): Evidence {
  const { countError, window, isShadow, looked } = seen;
  if (countError !== null)
    return toUnjudged(compared, { verdict: "error", message: `the log could not be counted: ${countError}.`, window });
  if (isShadow && metric === "fallbacks") return forNobody(compared, seen);
  const pairs = metric === "fallbacks" ? null : (looked?.output?.[metric] ?? null);
  if (isShadow && looked?.error) return forProblem(compared, seen, looked.error);
  // Of earlier steps, too: after a start they are not known at once.
  const isUnknown = looked?.output === null && looked.error === null && hasShadow(seen.rollout.spec);
  if (isShadow ? pairs === null : isUnknown && metric !== "fallbacks") return notYet(compared, seen);
  const of = (counts: Counts): Sums => ofEvents(counts.requests, happened[metric](counts));
  const measured = toMeasured(seen, { of, pairs, firsts: metric });
  return toEvidence(compared, measured);
}

function observeLatency(compared: Compared, seen: Seen): Evidence {
  const { stored, countError, window, isShadow, rollout } = seen;
  if (countError !== null)
    return toUnjudged(compared, { verdict: "error", message: `the log could not be counted: ${countError}.`, window });
  if (isShadow) return forNobody(compared, seen);
  const key = budgetKey(compared.spec);
  const budgetMs = stored.plan.budgets[key] ?? null;
  const details = toDetails(seen, budgetMs, rollout.spec.control === "equal" ? "control" : "champion");
  if (budgetMs === null) {
    const message = `the champion has too few requests to say what one may take, which takes ${leastUnits}.`;
    return { ...toUnjudged(compared, { verdict: "inconclusive", message, window }), details };
  }
  const of = ({ over }: Counts): Sums => ofEvents(over[key]?.timed ?? 0, over[key]?.over ?? 0);
  const spec = { ...compared.spec, source: { kind: "latency", budgetMs } as const };
  return {
    ...toEvidence({ ...compared, spec } as Compared, toMeasured(seen, { of, pairs: null, firsts: key })),
    details,
  };
}

/** Quantiles of this step, to be looked at: what is judged is the share over the budget. */
function toDetails({ stored, stepFrom }: Seen, budgetMs: number | null, control: string): Record<string, unknown> {
  const quantiles = (arm: string) => {
    const buckets: number[] = [];
    for (const cell of stored.cells) {
      if (cell.arm !== arm || cell.via === "shadow" || cell.revision < stepFrom) continue;
      for (const [i, count] of cell.counts.latency.entries()) buckets[i] = (buckets[i] ?? 0) + count;
    }
    const at = (share: number) =>
      quantileOf(
        latencyEdges,
        Array.from(buckets, (count) => count ?? 0),
        share,
      );
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  };
  return { budget_ms: budgetMs, challenger_ms: quantiles("challenger"), champion_ms: quantiles(control) };
}

function observeRows(
  compared: Compared,
  seen: Seen,
  find: (output: NonNullable<NonNullable<Seen["looked"]>["output"]>) => RowsMeasure | undefined,
): Evidence {
  const { looked, window, isShadow } = seen;
  const { kind } = compared.spec.source;
  if (looked?.error) return forProblem(compared, seen, looked.error);
  const found = looked?.output ? find(looked.output) : undefined;
  if (found === undefined) return notYet(compared, seen);
  if (found.error !== null) return toUnjudged(compared, { verdict: "error", message: found.error, window });
  if (isShadow && kind === "sql") return forNobody(compared, seen);
  const control = seen.rollout.spec.control === "equal" ? "control" : "champion";
  const { stepFrom } = seen;
  const strata = withFirsts(toStrata(found.arms, control), found.firsts, control);
  const pairs = found.pairs !== null && found.pairs.n > 0 ? found.pairs : null;
  const isSticky = seen.rollout.spec.unit !== null;
  const isEarly = seen.age < graceOf(kind, seen);
  return toEvidence(compared, { strata, pairs, isShadow, isSticky, stepFrom, isEarly, window });
}

interface Counting {
  readonly of: (counts: Counts) => Sums;
  readonly pairs: Pairs | null;
  /** Of `Counts.buckets`. */
  readonly firsts: string;
}

function toMeasured(seen: Seen, { of, pairs, firsts }: Counting): Measured {
  const control = seen.rollout.spec.control === "equal" ? "control" : "champion";
  const arms = seen.stored.cells.map(({ counts, ...key }) => ({ ...key, sums: of(counts) }));
  const { isShadow, stepFrom, age, window } = seen;
  const known = pairs !== null && pairs.n > 0 ? pairs : null;
  const units = seen.rollout.spec.unit === null ? null : countFirsts(seen.stored.cells, firsts, control);
  const strata = withFirsts(toStrata(arms, control), units, control);
  return { strata, pairs: known, isShadow, stepFrom, isEarly: age < graceMs, quiet: findQuiet(seen, control), window };
}

/** Labels are waited for as long as they may come, and then for two windows. */
function graceOf(kind: string, { horizonMs, windowMs }: Seen): number {
  return kind === "label" ? (horizonMs ?? 0) + Math.max(graceMs, 2 * windowMs) : 4 * graceMs;
}

function forProblem(compared: Compared, { window }: Seen, error: string): Evidence {
  return toUnjudged(compared, { verdict: "error", message: `it could not be measured: ${error}.`, window });
}

function notYet(compared: Compared, { window }: Seen): Evidence {
  return toUnjudged(compared, { verdict: "inconclusive", message: "the first look is under way.", window });
}

/** A shadow runs where others have left room, and no caller gets its answer. */
function forNobody(compared: Compared, { window }: Seen): Evidence {
  const message = "a shadow harms no caller; this is looked at when the challenger has traffic.";
  return toUnjudged(compared, { verdict: compared.role === "goal" ? "inconclusive" : "pass", message, window });
}
