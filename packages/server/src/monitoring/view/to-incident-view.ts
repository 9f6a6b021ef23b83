import type { MonitorIncident } from "@slipway/contract";
import type { Incident } from "../incidents/incident.ts";

/** As it stands beside a window: what is wrong, and what to do next. */
export function toIncidentView({ id, state, severity, title, openedAt, evidence, next }: Incident): MonitorIncident {
  return {
    id,
    state,
    severity,
    title,
    opened_at: new Date(openedAt).toISOString(),
    evidence: evidence.filter(({ standing }) => standing !== "follows").map(({ message }) => message),
    next,
  };
}
