import type {
  MonitorColumn,
  MonitorIncident,
  MonitorPerformance,
  MonitorReference,
  MonitorSlice,
  MonitorView,
} from "@slipway/contract";
import type { Finding } from "../finding.ts";
import type { ColumnPlan, Profile, ProfilePlan } from "../profiles/index.ts";
import type { Watched } from "../watched.ts";
import { toColumnView } from "./to-column-view.ts";
import { countVerdicts, isDrift, letterOf, toFindingView, worstOf } from "./to-finding-view.ts";
import type { WindowFindings } from "./to-series-view.ts";
import { toWindowView } from "./to-window-view.ts";

export interface ReferenceFacts {
  readonly view: MonitorReference;
  readonly profile: Profile | null;
  /** Share of the answers that hangs on each input, by its name. */
  readonly importance: Readonly<Record<string, number>>;
}

export interface MonitorFacts {
  readonly watched: Watched;
  readonly slice: string;
  readonly slices: readonly MonitorSlice[];
  readonly windowMs: number;
  readonly enabled: boolean;
  /** Of the window that is shown. */
  readonly current: { readonly from: number; readonly to: number; readonly profile: Profile } | null;
  /** Of the same plan as the profiles; null: nothing is known of the columns. */
  readonly plan: ProfilePlan | null;
  readonly reference: ReferenceFacts | null;
  /** Of the window that is shown and those before it, of the slice, the oldest first. */
  readonly judged: readonly WindowFindings[];
  readonly performance: MonitorPerformance;
  readonly incidents: readonly MonitorIncident[];
  readonly notes: readonly string[];
}

export function toMonitorView(facts: MonitorFacts): MonitorView {
  const { watched, current, judged, reference } = facts;
  const findings = judged.at(-1)?.findings ?? [];
  const span = current ?? judged.at(-1);
  const columns = toColumns(facts, findings);
  const named = new Set(columns.map(({ name }) => name));
  return {
    ...watched,
    enabled: facts.enabled,
    slice: facts.slice,
    slices: [...facts.slices],
    window_ms: facts.windowMs,
    window: span === undefined ? null : toWindowView(span, current?.profile ?? null),
    verdict: worstOf(findings) ?? "none",
    counts: countVerdicts(findings),
    reference: reference?.view ?? null,
    columns,
    findings: findings.filter(({ column }) => column === null || !named.has(column)).map(toFindingView),
    performance: facts.performance,
    incidents: [...facts.incidents],
    notes: [...facts.notes],
  };
}

function toColumns({ plan, current, reference, judged }: MonitorFacts, findings: readonly Finding[]): MonitorColumn[] {
  const columns = plan?.columns ?? withoutBins(current?.profile ?? null);
  const of = (profile: Profile | null | undefined, name: string) =>
    plan === null || profile?.planId === plan.id
      ? (profile?.columns.find((column) => column.name === name) ?? null)
      : null;
  return columns
    .map((column) =>
      toColumnView({
        plan: column,
        importance: reference?.importance[column.name] ?? null,
        recent: judged
          .map((window) => letterOf(window.findings.filter((each) => isDrift(each) && each.column === column.name)))
          .join(""),
        findings: findings.filter((finding) => finding.column === column.name),
        reference: of(reference?.profile, column.name),
        current: of(current?.profile, column.name),
      }),
    )
    .toSorted((a, b) => weigh(b) - weigh(a));
}

/** Before there is a reference: what is seen of the columns, without bins that have no bounds here. */
function withoutBins(profile: Profile | null): ColumnPlan[] {
  const none = { edges: null, categories: null, range: null, nullable: true };
  return (profile?.columns ?? []).map(({ name, role, kind }) => ({ name, role, kind, ...none }));
}

/** Fails first, then what moved most; of those alike, what the answers hang on. The order of the signature remains otherwise. */
function weigh({ findings, importance }: MonitorColumn): number {
  const failed = findings.some(({ verdict }) => verdict === "fail");
  const drift = findings.find(isDrift);
  const moved = drift?.verdict === "insufficient" ? 0 : Math.abs(drift?.effect ?? 0);
  return (failed ? 1e6 : 0) + Math.min(1e3, moved) * (0.1 + (importance ?? 0.1));
}
