import type { Monitor, Severity } from "../finding.ts";
import { rules, type Family } from "./rules.ts";
import type { Signal, Told } from "./signal.ts";

/**
 * `cause`: what the incident is about. `follows`: it comes of another piece of evidence, such as the drift of a column whose values
 * are missing. `moved`: what came true later shows that the answers stayed as good.
 */
export type Standing = "cause" | "follows" | "moved";

/** One thing that is wrong now. */
export interface Evidence extends Told {
  readonly key: string;
  readonly monitor: Monitor;
  readonly slice: string;
  readonly column: string | null;
  readonly metric: string | null;
  readonly standing: Standing;
  /** Of the evidence that it follows. */
  readonly parent: string | null;
  readonly since: number;
  /** Of drift: effect x importance, where they are known. Comparable within a monitor. */
  readonly weight: number;
}

/** Share of a model's answers that hangs on each input, as far as it is known. */
export type Importance = Readonly<Record<string, number>>;

const severities: readonly Severity[] = ["info", "warning", "critical"];
const families: readonly Family[] = ["traffic", "data", "system", "performance", "labels", "drift"];
const standings: readonly Standing[] = ["cause", "moved", "follows"];

export function rankOf(severity: Severity): number {
  return severities.indexOf(severity);
}

/** What fires now, the weightiest first. */
export function toEvidence(signals: readonly Signal[], importance: Importance = {}): readonly Evidence[] {
  const firing = signals.filter((signal) => signal.firing && signal.last !== null);
  return firing
    .map((signal): Evidence => {
      const { key, monitor, slice, column, metric, since } = signal;
      const last = signal.last!;
      const parent = findParent(signal, firing)?.key ?? null;
      const isDrift = rules[monitor].family === "drift";
      const standing = parent !== null ? "follows" : isDrift && hasHeld(signal, signals) ? "moved" : "cause";
      const weight = toWeight(signal, last, importance);
      return { key, monitor, slice, column, metric, standing, parent, since: since ?? last.from, weight, ...last };
    })
    .toSorted(compare);
}

/** The worst of what is no consequence of something else; drift that did no harm is worth knowing, not more. */
export function severityOf(evidence: readonly Evidence[]): Severity | null {
  if (evidence.length === 0) return null;
  const causes = evidence.filter(({ standing }) => standing === "cause");
  return causes.reduce<Severity>(
    (worst, { severity }) => (rankOf(severity) > rankOf(worst) ? severity : worst),
    "info",
  );
}

function compare(a: Evidence, b: Evidence): number {
  return (
    standings.indexOf(a.standing) - standings.indexOf(b.standing) ||
    rankOf(b.severity) - rankOf(a.severity) ||
    families.indexOf(rules[a.monitor].family) - families.indexOf(rules[b.monitor].family) ||
    Number(a.slice !== "") - Number(b.slice !== "") ||
    b.weight - a.weight ||
    (a.key < b.key ? -1 : 1)
  );
}

/** A column's drift is silent while its data is broken; a slice's alarm while the whole has the same. */
function findParent(signal: Signal, firing: readonly Signal[]): Signal | undefined {
  const whole = firing.find((other) => other.slice === "" && signal.slice !== "" && isSameThing(signal, other));
  if (whole) return whole;
  if (rules[signal.monitor].family !== "drift") return undefined;
  return firing.find(
    (other) =>
      rules[other.monitor].family === "data" &&
      (other.slice === "" || other.slice === signal.slice) &&
      // What is about many columns, or about the answers, moves with any input that is broken.
      (signal.monitor !== "drift.input" || other.column === null || other.column === signal.column),
  );
}

function isSameThing(a: Signal, b: Signal): boolean {
  return a.monitor === b.monitor && a.column === b.column && a.metric === b.metric;
}

/** Whether labels say that the answers stayed as good since a signal began: a final window passed, none failed, nothing about performance fires. */
function hasHeld({ since }: Signal, signals: readonly Signal[]): boolean {
  const performance = signals.filter(({ monitor }) => rules[monitor].family === "performance");
  if (since === null || performance.some(({ firing }) => firing)) return false;
  const marks = performance
    .filter(({ monitor, slice }) => monitor === "performance.realised" && slice === "")
    .flatMap((signal) => signal.marks.filter(({ to }) => to > since));
  return marks.length > 0 && marks.every(({ verdict }) => verdict === "pass");
}

function toWeight({ monitor, column }: Signal, last: Told, importance: Importance): number {
  if (rules[monitor].family !== "drift") return 0;
  const share = monitor === "drift.input" && column !== null ? (importance[column] ?? last.importance ?? 1) : 1;
  return Math.abs(last.effect ?? 0) * share;
}
