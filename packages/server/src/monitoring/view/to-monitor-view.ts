import type {
  MonitorColumn,
  MonitorIncident,
  MonitorPerformance,
  MonitorReference,
  MonitorView,
  MonitorWindow,
} from "@slipway/contract";
import { quantilesOf } from "@slipway/statistics";
import type { Finding } from "../finding.ts";
import type { Profile, ProfilePlan } from "../profiles/index.ts";
import type { Watched } from "../watched.ts";
import { toColumnView } from "./to-column-view.ts";
import { countVerdicts, isDrift, letterOf, toFindingView, worstOf } from "./to-finding-view.ts";
import type { WindowFindings } from "./to-series-view.ts";

export interface ReferenceFacts {
  readonly view: MonitorReference;
  readonly profile: Profile | null;
  /** Share of the answers that hangs on each input, by its name. */
  readonly importance: Readonly<Record<string, number>>;
}

export interface MonitorFacts {
  readonly watched: Watched;
  readonly slice: string;
  readonly slices: readonly string[];
  readonly windowMs: number;
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
  const columns = toColumns(facts, findings);
  const named = new Set(columns.map(({ name }) => name));
  return {
    ...watched,
    enabled: true,
    slice: facts.slice,
    slices: [...facts.slices],
    window_ms: facts.windowMs,
    window: toWindowView(current, judged.at(-1)),
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
  const columns = plan?.columns ?? [];
  const of = (profile: Profile | null | undefined, name: string) =>
    profile?.planId === plan?.id ? (profile?.columns.find((column) => column.name === name) ?? null) : null;
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

/** Fails first, then what moved most; of those alike, what the answers hang on. The order of the signature remains otherwise. */
function weigh({ findings, importance }: MonitorColumn): number {
  const failed = findings.some(({ verdict }) => verdict === "fail");
  const drift = findings.find(isDrift);
  const moved = drift?.verdict === "insufficient" ? 0 : Math.abs(drift?.effect ?? 0);
  return (failed ? 1e6 : 0) + Math.min(1e3, moved) * (0.1 + (importance ?? 0.1));
}

/** Times and figures of the window that is shown, of its profile; of a window without traffic only the times. */
function toWindowView(current: MonitorFacts["current"], judged: WindowFindings | undefined): MonitorWindow | null {
  const span = current ?? judged;
  if (span === undefined) return null;
  const profile = current?.profile;
  const [p50, p90, p99] = profile === undefined ? [] : quantilesOf(profile.latency, [0.5, 0.9, 0.99]);
  const timed = p50 !== undefined && p90 !== undefined && p99 !== undefined && Number.isFinite(p50);
  return {
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    rows: profile?.rows ?? 0,
    requests: profile?.requests ?? 0,
    errors: profile?.errors ?? 0,
    fallbacks: profile?.fallbacks ?? 0,
    latency: timed ? { p50, p90, p99 } : null,
  };
}
