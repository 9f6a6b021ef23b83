import type { Severity } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import { rankOf, severityOf, toEvidence, type Evidence, type Importance } from "./evidence.ts";
import type { Happening, HappeningType, Incident, Resolution } from "./incident.ts";
import { transition, type IncidentEvent } from "./incident-state.ts";
import { isInMaintenance } from "./maintenance.ts";
import { hearWindow, keyOf, type Heard, type Known, type Signal } from "./signal.ts";
import { toNext, toTitle } from "./texts.ts";
import { isWanted } from "./wanted.ts";

/** All that is remembered of one version behind one endpoint between two windows. JSON-safe. */
export interface WatchState {
  readonly signals: readonly Signal[];
  readonly spoken: Known["spoken"];
  /** Keys of signals that fired when a person resolved their incident: they are no evidence until they have stopped once. */
  readonly dismissed: readonly string[];
  /** The newest end of a window that was heard: the time that incidents live in, so that the past can be gone through. */
  readonly at: number;
  /** The newest one, open or not. */
  readonly incident: Incident | null;
}

export const newWatchState: WatchState = { signals: [], spoken: {}, dismissed: [], at: 0, incident: null };

export interface HeardWindow {
  readonly watched: Watched;
  readonly window: Window;
  readonly settings: MonitorSettings;
  readonly verdicts: readonly Pick<Heard, "judge" | "findings">[];
  readonly importance?: Importance | undefined;
}

export interface Step {
  readonly state: WatchState;
  readonly happenings: readonly Happening[];
}

/**
 * What one window changes. Pure: the same windows give the same incidents, live, in a test and in a backtest. A window may be told
 * again with other findings, and windows may come out of order.
 * @param newId makes the id of an incident that is opened
 */
export function hearVerdicts(state: WatchState, heard: HeardWindow, newId: () => string): Step {
  const { window, settings, verdicts } = heard;
  if (isInMaintenance(window, settings.incidents.maintenance)) return { state, happenings: [] };
  const { at } = state;
  const said = new Set(verdicts.flatMap(({ findings }) => findings.map(keyOf)));
  const wanted = state.signals.filter((signal) => said.has(signal.key) || isWanted(signal, settings));
  const { signals, spoken } = verdicts.reduce<Known>(
    (known, { judge, findings }) => hearWindow(known, { window, judge, findings, settings, at }),
    { signals: wanted, spoken: state.spoken },
  );
  const firing = new Set(signals.filter((signal) => signal.firing).map(({ key }) => key));
  const dismissed = state.dismissed.filter((key) => firing.has(key));
  const next: WatchState = { ...state, signals, spoken, dismissed, at: Math.max(at, window.to) };
  const evidence = toEvidence(
    signals.filter(({ key }) => !dismissed.includes(key)),
    heard.importance,
  );
  return settle(next, { ...heard, evidence, newId });
}

interface Settling extends HeardWindow {
  readonly evidence: readonly Evidence[];
  readonly newId: () => string;
}

function settle(state: WatchState, given: Settling): Step {
  const { evidence, settings } = given;
  const { incident, at } = state;
  const severity = severityOf(evidence);
  const isOpen = incident !== null && incident.state !== "resolved";
  if (severity === null) return isOpen ? end(state, resolutionOf(incident)) : { state, happenings: [] };
  const comesBack = incident !== null && !isOpen && at - (incident.resolvedAt ?? 0) <= settings.incidents.cooldownMs;
  if (!isOpen && !comesBack) return open(state, severity, given);
  return goOn(state, severity, given);
}

function resolutionOf({ severity }: Incident): Resolution {
  return severity === "info" ? "held" : "quiet";
}

function open(state: WatchState, severity: Severity, { watched, evidence, newId }: Settling): Step {
  const { at } = state;
  const incident: Incident = {
    id: newId(),
    watched,
    state: "open",
    severity,
    peak: severity,
    title: toTitle(evidence),
    next: toNext(watched, evidence),
    evidence,
    openedAt: at,
    updatedAt: at,
    resolvedAt: null,
    resolution: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    mutedUntil: null,
    told: null,
  };
  return step(state, incident, [happening(incident, "opened", incident.title)]);
}

function goOn(state: WatchState, severity: Severity, { watched, evidence }: Settling): Step {
  const before = state.incident!;
  const { at } = state;
  const isWorse = rankOf(severity) > rankOf(before.peak);
  const event: IncidentEvent = isWorse ? "worse" : "evidence";
  const after: Incident = {
    ...before,
    ...moveOn(before, event),
    severity,
    peak: isWorse ? severity : before.peak,
    title: toTitle(evidence),
    next: toNext(watched, evidence),
    evidence,
    updatedAt: at,
    resolvedAt: null,
    resolution: null,
  };
  const type = typeOf(before, after, isWorse);
  return step(state, after, type === null ? [] : [happening(after, type, after.title)]);
}

/** What there is to note: a title with other figures alone is no news. */
function typeOf(before: Incident, after: Incident, isWorse: boolean): HappeningType | null {
  if (before.state === "resolved") return "reopened";
  if (isWorse) return "worse";
  if (rankOf(after.severity) < rankOf(before.severity)) return "eased";
  const known = new Set(before.evidence.map(({ key }) => key));
  return after.evidence.some(({ key }) => !known.has(key)) ? "evidence" : null;
}

/** It is over, by itself or because what it is about is no more. */
export function end(state: WatchState, resolution: Resolution): Step {
  const before = state.incident!;
  const { at } = state;
  const after: Incident = { ...before, ...moveOn(before, "quiet"), resolvedAt: at, updatedAt: at, resolution };
  return step(state, after, [happening(after, "resolved", endings[resolution])]);
}

export const endings: Readonly<Record<Resolution, string>> = {
  quiet: "Nothing of it was seen in the last windows.",
  held: "Inputs had moved, performance held.",
  person: "Resolved by a person.",
  retired: "The version does not serve any more.",
};

/** The state after an event of the monitors; who acknowledged is forgotten where it has become open again. */
function moveOn(incident: Incident, event: IncidentEvent): Partial<Incident> {
  const state = transition(incident.state, event) ?? incident.state;
  return state === "open" ? { state, acknowledgedAt: null, acknowledgedBy: null, mutedUntil: null } : { state };
}

function happening(incident: Incident, type: HappeningType, text: string): Happening {
  return { incident: incident.id, type, at: incident.updatedAt, actor: null, text };
}

function step(state: WatchState, incident: Incident, happenings: readonly Happening[]): Step {
  return { state: { ...state, incident }, happenings };
}
