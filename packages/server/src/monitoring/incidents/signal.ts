import type { Finding, Monitor, Severity } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Window } from "../watched.ts";
import { liveResolveAfter, pulse, rules } from "./rules.ts";

/** What one window says of one thing; windows that could not tell leave no mark. */
interface Mark extends Window {
  readonly verdict: "pass" | "fail";
  readonly severity: Severity;
}

/** One thing that is watched: a monitor, of one slice, column and metric, and what it has said lately. */
export interface Signal {
  readonly key: string;
  readonly monitor: Monitor;
  readonly slice: string;
  readonly column: string | null;
  readonly metric: string | null;
  /** Of different windows, oldest first. */
  readonly marks: readonly Mark[];
  readonly firing: boolean;
  /** Beginning of the first failing window of those that made it fire; null where it does not. */
  readonly since: number | null;
  /** Of its newest failing window. */
  readonly last: Told | null;
}

/** What is kept of a finding. */
export type Told = Pick<Finding, "severity" | "value" | "threshold" | "p" | "effect" | "message" | "provisional"> &
  Window & { readonly importance: number | null };

export interface Heard {
  readonly window: Window;
  /** Of the judge that says it, or `pulse`. */
  readonly judge: string;
  readonly findings: readonly Finding[];
  readonly settings: MonitorSettings;
}

const leastKept = 20;

/** A key with the separator of no column, so that no two things share one. */
export function keyOf({ monitor, slice, column, metric }: Pick<Finding, "monitor" | "slice" | "column" | "metric">) {
  return JSON.stringify([monitor, slice, column, metric]);
}

/** Everything that is known once a window was heard; what has passed as long as is remembered is forgotten. */
export function hearWindow(signals: readonly Signal[], heard: Heard): readonly Signal[] {
  const counted = new Map(heard.findings.filter((each) => counts(each, heard)).map((each) => [keyOf(each), each]));
  const next = signals.map((signal) => {
    const finding = counted.get(signal.key);
    counted.delete(signal.key);
    return finding === undefined ? signal : hear(signal, finding, heard);
  });
  for (const finding of counted.values()) {
    if (finding.verdict === "fail" || isKept(finding)) next.push(hear(newSignal(finding), finding, heard));
  }
  return next.filter((signal) => isKept(signal) || signal.firing || signal.marks.some(isFail));
}

const isFail = ({ verdict }: { readonly verdict: string }) => verdict === "fail";

/** What passes is remembered of the whole traffic's realised performance: whether it held while something else moved. */
function isKept({ monitor, slice }: Pick<Finding, "monitor" | "slice">): boolean {
  return monitor === "performance.realised" && slice === "";
}

/**
 * Whether a finding is a verdict to act on. What labels say before enough of them are here is not: those that come first are no
 * fair sample.
 */
function counts(finding: Finding, { judge }: Heard): boolean {
  const { live, family } = rules[finding.monitor];
  if (finding.verdict !== "pass" && finding.verdict !== "fail") return false;
  return live === (judge === pulse) && !(family === "performance" && finding.provisional);
}

function newSignal(finding: Finding): Signal {
  const { monitor, slice, column, metric } = finding;
  return { key: keyOf(finding), monitor, slice, column, metric, marks: [], firing: false, since: null, last: null };
}

/** A reference that stands in for a better one alarms nobody at night. */
function severityOf({ monitor, severity, provisional }: Finding): Severity {
  return rules[monitor].family === "drift" && provisional && severity === "critical" ? "warning" : severity;
}

function hear(signal: Signal, finding: Finding, { window, settings }: Heard): Signal {
  const severity = severityOf(finding);
  const mark: Mark = { ...window, verdict: isFail(finding) ? "fail" : "pass", severity };
  // A window that is judged again replaces what it said before.
  const { k, m, resolveAfter } = limitsOf(signal.monitor, settings);
  const marks = [...signal.marks.filter(({ from }) => from !== window.from), mark]
    .toSorted((a, b) => a.from - b.from)
    .slice(-Math.max(leastKept, m, resolveAfter));
  const fires = isAlarm(signal.monitor, marks, { k, m });
  const firing = signal.firing ? !isOver(marks, resolveAfter) : fires;
  const newest = marks.findLast(isFail);
  const last = isFail(mark) && newest === mark ? tell(finding, window, severity) : signal.last;
  return { ...signal, marks, firing, since: firing ? (signal.since ?? firstOf(marks, m)) : null, last };
}

function limitsOf(monitor: Monitor, { drift, incidents }: MonitorSettings) {
  const { live, windows } = rules[monitor];
  const { k, m } = windows === "each" ? { k: 1, m: 1 } : drift;
  return { k, m, resolveAfter: live ? liveResolveAfter : incidents.resolveAfter };
}

function isAlarm(monitor: Monitor, marks: readonly Mark[], { k, m }: { k: number; m: number }): boolean {
  const latest = marks.at(-1);
  if (rules[monitor].windows === "critical" && latest && isFail(latest) && latest.severity === "critical") return true;
  return marks.slice(-m).filter(isFail).length >= k;
}

function isOver(marks: readonly Mark[], resolveAfter: number): boolean {
  return marks.length >= resolveAfter && !marks.slice(-resolveAfter).some(isFail);
}

function firstOf(marks: readonly Mark[], m: number): number | null {
  return marks.slice(-m).find(isFail)?.from ?? marks.findLast(isFail)?.from ?? null;
}

function tell(finding: Finding, { from, to }: Window, severity: Severity): Told {
  const { value, threshold, p, effect, message, provisional, details } = finding;
  const importance = details?.["importance"];
  const known = typeof importance === "number" ? importance : null;
  return { severity, value, threshold, p, effect, message, provisional, from, to, importance: known };
}
