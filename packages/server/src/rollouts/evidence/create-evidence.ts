import type { Rollout } from "../rollout.ts";
import type { Evidence } from "../verdict.ts";
import { settledMs } from "./counters/arrivals.ts";
import { createCounters } from "./counters/counters.ts";
import type { Stored } from "./counters/counter-tasks.ts";
import type { Plan } from "./counters/counts.ts";
import type { EvidenceDeps, EvidenceSource, Observed } from "./evidence-source.ts";
import { judgeSrm } from "./judge-srm.ts";
import { findBudgets, usualBudget } from "./latency-budget.ts";
import { listArrivals } from "./list-arrivals.ts";
import { listCompared } from "./listed-metrics.ts";
import { observeMetric } from "./observe-metric.ts";
import { createPrometheus, type Prometheus } from "./prometheus/prometheus.ts";
import { createRows } from "./rows/rows.ts";
import { graceMs, isShadowStep, type Seen } from "./seen.ts";

const hourMs = 3_600_000;

export function createEvidence(deps: EvidenceDeps): EvidenceSource {
  const counters = createCounters(deps);
  const rows = createRows(deps);
  const prometheus = createPrometheus(deps);
  const awakeFrom = deps.clock.now();

  async function start(rollout: Rollout): Promise<void> {
    await counters.begin(async () => toPlan(rollout, await findBudgets(deps, rollout, deps.clock.now())), rollout.id);
  }

  async function findStored(rollout: Rollout): Promise<Stored> {
    const stored = await counters.find(rollout.id);
    if (stored !== null) return stored;
    await start(rollout);
    return (await counters.find(rollout.id)) as Stored;
  }

  /** The revision that the step began with, which is remembered: other changes may make more of them. */
  async function findStepFrom(
    { id, status: { step, revision, enteredAt } }: Rollout,
    { steps }: Stored,
  ): Promise<number> {
    const known = steps.find((each) => each.step === step);
    if (known !== undefined) return known.revision;
    if (enteredAt !== null) await counters.markStep(id, step, revision);
    return revision;
  }

  async function count(): Promise<string | null> {
    try {
      await counters.refresh();
      return null;
    } catch (error) {
      deps.logger.warn({ error }, "the log could not be counted for rollouts; it is tried again");
      return error instanceof Error ? error.message : String(error);
    }
  }

  async function see(rollout: Rollout, now: number): Promise<Seen> {
    const countError = await count();
    const stored = await freezeLatency(counters, await findStored(rollout));
    const settings = deps.settingsOf(rollout.endpoint);
    return {
      rollout,
      now,
      stored,
      countError,
      looked: rows.look(rollout, stored),
      stepFrom: await findStepFrom(rollout, stored),
      isShadow: isShadowStep(rollout),
      age: rollout.status.enteredAt === null ? 0 : now - rollout.status.enteredAt,
      awakeFrom,
      horizonMs: settings?.labels.horizonMs ?? null,
      windowMs: settings?.windowMs ?? hourMs,
      window: [stored.startedAt, Math.max(now, stored.startedAt)],
    };
  }

  return {
    start,
    observe: async (rollout, now) => toObserved(await see(rollout, now), prometheus),
    refresh: counters.refresh,
    async finish(rollout) {
      rows.forget(rollout);
      await counters.end(rollout);
    },
    offsets: counters.offsets,
    async settled() {
      await rows.settled();
      await prometheus.settled();
    },
    async close() {
      rows.close();
      prometheus.close();
      await counters.close();
    },
  };
}

function toPlan({ id: rollout, endpoint, model, from, to }: Rollout, budgets: Plan["budgets"]): Plan {
  return { rollout, endpoint, model, from, to, budgets };
}

/** The champion's latency was not known when the rollout began; once it is, the budget stays, and what comes after it counts. */
async function freezeLatency(counters: ReturnType<typeof createCounters>, stored: Stored): Promise<Stored> {
  const { plan, cells } = stored;
  const missing = Object.entries(plan.budgets).filter(([, budgetMs]) => budgetMs === null);
  if (missing.length === 0) return stored;
  const buckets: number[] = [];
  for (const { arm, counts } of cells)
    if (arm !== "challenger") for (const [i, n] of counts.latency.entries()) buckets[i] = (buckets[i] ?? 0) + n;
  const budgetMs = usualBudget(Array.from(buckets, (n) => n ?? 0));
  if (budgetMs === null) return stored;
  const budgets = Object.fromEntries(missing.map(([key]) => [key, budgetMs]));
  await counters.freeze(plan.rollout, budgets);
  return { ...stored, plan: { ...plan, budgets: { ...plan.budgets, ...budgets } } };
}

function toObserved(seen: Seen, prometheus: Prometheus): Observed {
  const { rollout, stored, looked, stepFrom, isShadow, age, window } = seen;
  const { spec } = rollout;
  const evidence = listCompared(spec).map((compared): Evidence =>
    compared.role === "limit" && compared.spec.source.kind === "prometheus"
      ? prometheus.look(compared.spec, { window, isEarly: age < graceMs })
      : observeMetric(compared, seen),
  );
  const own = stored.cells.filter(({ arm, revision }) => arm === "challenger" && revision >= stepFrom);
  const answered = own.filter(({ via }) => (via === "shadow") === isShadow);
  const hasUnit = spec.unit !== null;
  const arrivals = listArrivals(stored.cells, {
    control: spec.control === "equal" ? "control" : "champion",
    hasUnit,
    before: seen.now - settledMs,
  });
  const output = looked?.output ?? null;
  const labelled = output?.labelled.filter(({ revision }) => revision >= stepFrom) ?? [];
  return {
    at: looked === null ? seen.now : Math.min(seen.now, looked.at ?? stored.startedAt),
    samples: answered.reduce((sum, { counts }) => sum + counts.rows, 0),
    labels: isShadow ? (output?.labelledPairs ?? 0) : labelled.reduce((sum, each) => sum + each.rows, 0),
    evidence: [...evidence, judgeSrm(arrivals, { window, hasUnit })],
  };
}
