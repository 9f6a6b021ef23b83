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
  /** Who spoke of it last: where that judge says nothing of it any more, nothing is wrong with it. */
  readonly judge: string;
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
  /** The newest end of a window that was heard before. */
  readonly at: number;
}

/** What is known of one thing after another. */
export interface Known {
  readonly signals: readonly Signal[];
  /** The newest windows that each source had verdicts of, oldest first: also of what passed and was forgotten. */
  readonly spoken: Readonly<Record<string, readonly Window[]>>;
}

const leastKept = 20;
const hourMs = 3_600_000;
/** How late labels may come where no horizon is set. */
const usualHorizonMs = 30 * 24 * hourMs;

/** A key with the separator of no column, so that no two things share one. */
export function keyOf({ monitor, slice, column, metric }: Pick<Finding, "monitor" | "slice" | "column" | "metric">) {
  return JSON.stringify([monitor, slice, column, metric]);
}

/** Everything that is known once a window was heard; what has passed as long as is remembered is forgotten. */
export function hearWindow({ signals, spoken }: Known, heard: Heard): Known {
  const said = new Set(heard.findings.map(keyOf));
  const verdicts = heard.findings.filter((each) => counts(each, heard));
  const sources = new Set(verdicts.map(({ monitor }) => sourceOf(monitor, heard.judge)));
  const counted = new Map(verdicts.map((each) => [keyOf(each), each]));
  const next = signals.map((signal) => {
    const finding = counted.get(signal.key);
    counted.delete(signal.key);
    if (finding !== undefined) return hear(signal, finding, heard);
    const isSilent = signal.judge === heard.judge && !said.has(signal.key);
    return isSilent && sources.has(sourceOf(signal.monitor, heard.judge)) ? hearNothing(signal, heard) : signal;
  });
  for (const finding of counted.values()) {
    if (finding.verdict === "fail" || isKept(finding))
      next.push(hear(newSignal(finding, heard, spoken[sourceOf(finding.monitor, heard.judge)]), finding, heard));
  }
  return {
    signals: next.filter((signal) => isKept(signal) || signal.firing || signal.marks.some(isFail)),
    spoken: { ...spoken, ...Object.fromEntries([...sources].map((name) => [name, note(spoken[name], heard)])) },
  };
}

/** A judge; of labels, which come later for one monitor than for another, the monitor. */
function sourceOf(monitor: Monitor, judge: string): string {
  return isOfLabels(monitor) ? monitor : judge;
}

function isOfLabels(monitor: Monitor): boolean {
  return rules[monitor].family === "performance" || rules[monitor].family === "labels";
}

function note(windows: readonly Window[] = [], { window: { from, to }, settings }: Heard): readonly Window[] {
  return addTo(windows, { from, to }).slice(-mostKept(settings));
}

/** A window that is judged again replaces what it said before. */
function addTo<T extends Window>(list: readonly T[], added: T): readonly T[] {
  return [...list.filter(({ from }) => from !== added.from), added].toSorted((a, b) => a.from - b.from);
}

function mostKept({ drift, incidents }: MonitorSettings): number {
  return Math.max(leastKept, drift.m, incidents.resolveAfter);
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

/**
 * What failed in a window of the past is new where it has passed since and was forgotten: it begins with the newer windows that are
 * known, none of which said it.
 */
function newSignal(finding: Finding, { window, judge }: Heard, spoken: readonly Window[] = []): Signal {
  const { monitor, slice, column, metric } = finding;
  const marks = spoken.filter(({ from }) => from > window.from).map((each) => ({ ...each, ...passed }));
  return { key: keyOf(finding), monitor, slice, column, metric, judge, marks, firing: false, since: null, last: null };
}

const passed = { verdict: "pass", severity: "warning" } as const;

/** A reference that stands in for a better one alarms nobody at night. */
function severityOf({ monitor, severity, provisional }: Finding): Severity {
  return rules[monitor].family === "drift" && provisional && severity === "critical" ? "warning" : severity;
}

function hear(signal: Signal, finding: Finding, heard: Heard): Signal {
  const { window, judge } = heard;
  const severity = severityOf(finding);
  const mark: Mark = { from: window.from, to: window.to, verdict: isFail(finding) ? "fail" : "pass", severity };
  const next = { ...remember(signal, mark, heard), judge };
  const isNewest = isFail(mark) && next.marks.findLast(isFail) === mark;
  return isNewest ? { ...next, last: tell(finding, window, severity) } : next;
}

/** The judge spoke of a window and not of this: a newer one has passed, and one that it had spoken of is taken back. */
function hearNothing(signal: Signal, heard: Heard): Signal {
  const { from, to } = heard.window;
  const isNewer = from > (signal.marks.at(-1)?.from ?? -Infinity);
  if (!isNewer && !signal.marks.some((mark) => mark.from === from)) return signal;
  return remember(signal, { from, to, ...passed }, heard);
}

function remember(signal: Signal, mark: Mark, heard: Heard): Signal {
  const { settings } = heard;
  const { k, m, resolveAfter } = limitsOf(signal.monitor, settings);
  const isPast = isLongPast(signal.monitor, heard);
  if (isPast && !isKept(signal) && !signal.marks.some(({ from }) => from === mark.from)) return signal;
  const marks = addTo(signal.marks, mark).slice(-Math.max(mostKept(settings), resolveAfter));
  const firing = signal.firing ? !isOver(marks, resolveAfter) : !isPast && isAlarm(signal.monitor, marks, { k, m });
  return { ...signal, marks, firing, since: firing ? (signal.since ?? firstOf(marks, m)) : null };
}

/** What an import or a better reference says of windows so old is no news: nothing begins with them. */
function isLongPast(monitor: Monitor, { window: { from, to }, at, settings }: Heard): boolean {
  const horizonMs = isOfLabels(monitor) ? (settings.labels.horizonMs ?? usualHorizonMs) : 0;
  return at - to > Math.max(hourMs, mostKept(settings) * (to - from)) + horizonMs;
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
