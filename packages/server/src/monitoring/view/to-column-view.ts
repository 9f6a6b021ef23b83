import type { MonitorColumn, MonitorColumnFigures, MonitorDistribution } from "@slipway/contract";
import { distinctOf, listFrequent, quantilesOf, varianceOf } from "@slipway/statistics";
import type { Finding } from "../finding.ts";
import type { ColumnPlan, ColumnProfile } from "../profiles/index.ts";
import { toFindingView } from "./to-finding-view.ts";

export interface ColumnFacts {
  readonly plan: ColumnPlan;
  readonly importance: number | null;
  /** Letters of the last windows, the latest last. */
  readonly recent: string;
  readonly findings: readonly Finding[];
  /** Of the same plan; null where there is none. */
  readonly reference: ColumnProfile | null;
  readonly current: ColumnProfile | null;
}

export function toColumnView({ plan, importance, recent, findings, reference, current }: ColumnFacts): MonitorColumn {
  const { name, role, kind } = plan;
  return {
    name,
    role,
    kind,
    importance,
    recent,
    distribution: toDistribution(plan, reference, current),
    reference: reference && toFigures(reference),
    current: current && toFigures(current),
    findings: findings.map(toFindingView),
  };
}

function toDistribution(
  { kind, edges, categories }: ColumnPlan,
  reference: ColumnProfile | null,
  current: ColumnProfile | null,
): MonitorDistribution | null {
  if (kind === "category" && categories === null) return ofFrequent(reference, current);
  if (kind === "number" && edges === null) return null;
  const [then, now] = [toShares(reference), toShares(current)];
  if (then === null && now === null) return null;
  return {
    edges: edges === null ? null : [...edges],
    labels: categories === null ? null : [...categories],
    reference: then,
    current: now,
  };
}

/** Where nobody said which categories there are: the most frequent ones. */
function ofFrequent(reference: ColumnProfile | null, current: ColumnProfile | null): MonitorDistribution | null {
  const known = reference?.frequent ?? current?.frequent;
  if (known === null || known === undefined || known.total === 0) return null;
  const labels = listFrequent(known, mostFrequent).map(({ value }) => value);
  const shares = (profile: ColumnProfile | null) => {
    const frequent = profile?.frequent;
    if (frequent === null || frequent === undefined || frequent.total === 0) return null;
    const counts = labels.map((label) => frequent.counts.get(label) ?? 0);
    const rest = frequent.total - counts.reduce((sum, count) => sum + count, 0);
    return [...counts, rest].map((count) => Number((count / frequent.total).toPrecision(6)));
  };
  return { edges: null, labels, reference: shares(reference), current: shares(current) };
}

/** Null where there are no bins, or nothing is in them. */
function toShares(profile: ColumnProfile | null): number[] | null {
  if (profile?.bins === null || profile === null) return null;
  const sum = profile.bins.reduce((total, count) => total + count, 0);
  return sum === 0 ? null : Array.from(profile.bins, (count) => Number((count / sum).toPrecision(6)));
}

const shares = [0.05, 0.5, 0.95];
const mostFrequent = 20;

function toFigures(profile: ColumnProfile): MonitorColumnFigures {
  const { moments, quantiles, frequent, distinct } = profile;
  const [p05, median, p95] = quantiles === null ? [] : quantilesOf(quantiles, shares);
  return {
    rows: profile.count,
    missing: profile.missing,
    invalid: profile.invalid + profile.infinite,
    out_of_range: profile.outOfRange,
    unseen: profile.unseen,
    mean: moments === null || moments.count === 0 ? null : finite(moments.mean),
    std: moments === null ? null : finite(Math.sqrt(varianceOf(moments))),
    min: finite(moments?.min),
    p05: finite(p05),
    median: finite(median),
    p95: finite(p95),
    max: finite(moments?.max),
    distinct: distinct === null ? null : Math.round(distinctOf(distinct)),
    frequent: frequent === null ? [] : listFrequent(frequent, mostFrequent).map((each) => ({ ...each })),
  };
}

/** JSON has neither NaN nor infinities. */
function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
