import type { Severity } from "../finding.ts";
import type { Watched } from "../watched.ts";
import type { Evidence } from "./evidence.ts";
import type { IncidentState } from "./incident-state.ts";

/** Why an incident is over. `held`: what moved did no harm. `retired`: it does not serve any more. */
export type Resolution = "quiet" | "held" | "person" | "retired";

/** What the channels were told last. */
export interface ToldState {
  readonly status: "open" | "acknowledged" | "resolved";
  readonly severity: Severity;
  /** When it was last told as open, ms: within the cool-down after it, what comes back is not told again. */
  readonly openAt: number;
}

/** Everything that is wrong with one version behind one endpoint, as one thing to deal with. */
export interface Incident {
  readonly id: string;
  readonly watched: Watched;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** The worst that it was. */
  readonly peak: Severity;
  readonly title: string;
  /** The command to run next. */
  readonly next: string;
  /** Now, the weightiest first; of one that is over, when it ended. */
  readonly evidence: readonly Evidence[];
  /** Milliseconds, in the time of the predictions: the end of the window that brought it up. */
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly resolvedAt: number | null;
  readonly resolution: Resolution | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly mutedUntil: number | null;
  /** Null: nobody was told of it. */
  readonly told: ToldState | null;
}

/** What happened to an incident. */
export type HappeningType =
  | "opened"
  | "reopened"
  | "worse"
  | "eased"
  | "evidence"
  | "acknowledged"
  | "muted"
  | "unmuted"
  | "resolved"
  | "told";

/** One line of an incident's history. */
export interface Happening {
  readonly incident: string;
  readonly type: HappeningType;
  readonly at: number;
  readonly actor: string | null;
  readonly text: string;
}

/** One for all incidents of a version, so that who is told can tell what belongs together. At most 255 characters. */
export function dedupKeyOf({ endpoint, model, version }: Watched): string {
  const rest = `/${model}@${version}`;
  return `slipway/${endpoint}${rest.slice(0, 247 - endpoint.length)}`;
}
