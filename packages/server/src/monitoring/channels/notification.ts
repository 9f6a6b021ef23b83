import type { Monitor, Severity } from "../finding.ts";
import type { Watched } from "../watched.ts";
import type { Standing } from "../incidents/evidence.ts";
import { dedupKeyOf, type Incident, type Resolution } from "../incidents/incident.ts";
import type { IncidentState } from "../incidents/incident-state.ts";
import type { NewsType } from "../incidents/tell.ts";

/** One piece of what an incident is about, as who is told gets it. */
interface ToldEvidence {
  readonly monitor: Monitor | "rollout";
  readonly slice: string;
  readonly column: string | null;
  readonly metric: string | null;
  readonly severity: Severity;
  readonly standing: Standing;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly effect: number | null;
  readonly message: string;
}

type RolloutNews = "rolled_back" | "rejected" | "waiting" | "went_on";

/** What is told of an incident or of a rollout, before it has the form of any channel. JSON-safe, without secrets: it waits in SQL. */
export interface Notification {
  readonly type: NewsType | "test";
  /** Milliseconds. */
  readonly at: number;
  readonly dedupKey: string;
  /** What happened to a rollout, which is told as a thing of its own; left out: an incident. */
  readonly about?: RolloutNews;
  readonly incident: {
    readonly id: string;
    readonly watched: Watched;
    readonly state: IncidentState;
    readonly severity: Severity;
    /** As which it was told before, where that was another one. */
    readonly severityBefore: Severity | null;
    readonly title: string;
    readonly next: string;
    readonly openedAt: number;
    readonly resolvedAt: number | null;
    readonly resolution: Resolution | null;
    readonly evidence: readonly ToldEvidence[];
    /** How many more there are. */
    readonly more: number;
  };
}

const mostEvidence = 20;

export function toNotification(incident: Incident, type: NewsType, at: number): Notification {
  const { id, watched, state, title, next, openedAt, resolvedAt, resolution, told } = incident;
  // What is over is told as it was.
  const severity = type === "resolved" && told !== null ? told.severity : incident.severity;
  const severityBefore = told !== null && told.severity !== severity ? told.severity : null;
  const evidence = incident.evidence.slice(0, mostEvidence).map(toToldEvidence);
  const more = incident.evidence.length - evidence.length;
  const facts = { id, watched, state, severity, severityBefore, title, next, openedAt, resolvedAt, resolution };
  return { type, at, dedupKey: dedupKeyOf(watched), incident: { ...facts, evidence, more } };
}

function toToldEvidence(evidence: Incident["evidence"][number]): ToldEvidence {
  const { monitor, slice, column, metric, severity, standing, value, threshold, effect, message } = evidence;
  return { monitor, slice, column, metric, severity, standing, value, threshold, effect, message };
}

/** Something that happened to a rollout and that somebody has to know. */
export interface Announcement {
  readonly news: RolloutNews;
  /** Of the rollout. */
  readonly id: string;
  /** With the candidate. */
  readonly watched: Watched;
  readonly title: string;
  /** A command line. */
  readonly next: string;
  /** What it is from, in sentences. */
  readonly evidence: readonly { readonly metric: string; readonly message: string }[];
  /** Milliseconds. */
  readonly at: number;
}

/** What went wrong was taken back already: nobody is woken by it. */
const newsSeverity = "warning";

export function toNewsNotification({ news, id, watched, title, next, evidence, at }: Announcement): Notification {
  const isOver = news === "went_on";
  const nothing = { slice: "", column: null, standing: "cause", value: null, threshold: null, effect: null } as const;
  return {
    type: isOver ? "resolved" : "opened",
    at,
    dedupKey: `slipway/rollout/${id}`,
    about: news,
    incident: {
      id,
      watched,
      state: isOver ? "resolved" : "open",
      severity: newsSeverity,
      severityBefore: null,
      title,
      next,
      openedAt: at,
      resolvedAt: isOver ? at : null,
      resolution: null,
      evidence: evidence
        .slice(0, mostEvidence)
        .map(({ metric, message }) => ({ monitor: "rollout", ...nothing, metric, severity: newsSeverity, message })),
      more: Math.max(0, evidence.length - mostEvidence),
    },
  };
}

/** What a test of a channel sends. */
export function exampleNotification(at: number): Notification {
  const watched = { endpoint: "example-endpoint", model: "example-model", version: 1 };
  const message = "This is a test of a channel; nothing is wrong.";
  return {
    type: "test",
    at,
    dedupKey: `${dedupKeyOf(watched)}/test`,
    incident: {
      id: "00000000-0000-7000-8000-000000000000",
      watched,
      state: "open",
      severity: "warning",
      severityBefore: null,
      title: message,
      next: "slipway channels list",
      openedAt: at,
      resolvedAt: null,
      resolution: null,
      evidence: [],
      more: 0,
    },
  };
}

const heads: Readonly<Record<Notification["type"], string>> = {
  opened: "",
  worsened: "Worse: ",
  reopened: "Again: ",
  acknowledged: "Acknowledged: ",
  resolved: "Resolved: ",
  test: "Test: ",
};

/** One line: `[critical] flight-delay@3: origin_late_3h is ...` */
export function toSummary({ type, incident }: Notification): string {
  const { watched, severity, title } = incident;
  return `${heads[type]}[${severity}] ${watched.endpoint}@${watched.version}: ${title}`;
}

/** The sentences of its evidence, without the one that is the title already. */
export function toLines({ incident }: Notification): readonly string[] {
  const lines = incident.evidence.filter(({ message }) => message !== incident.title).map(toLine);
  return incident.more > 0 ? [...lines, `and ${incident.more} more`] : lines;
}

function toLine({ slice, standing, message }: ToldEvidence): string {
  const where = slice === "" ? "" : `${slice}: `;
  return `${where}${message}${standing === "follows" ? " (follows from the above)" : ""}`;
}
