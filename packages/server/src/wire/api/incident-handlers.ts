import type { IncidentDeed, IncidentMute } from "@slipway/contract";
import type * as wire from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { Evidence, Incident, IncidentQuery, Monitoring } from "../../monitoring/index.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { ApiRequest, Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toPageView, toTimestamp } from "./views.ts";

type IncidentRoutes =
  | "listIncidents"
  | "getIncident"
  | "acknowledgeIncident"
  | "muteIncident"
  | "unmuteIncident"
  | "resolveIncident";

export interface IncidentHandlerDeps {
  readonly monitoring: Pick<Monitoring, "incidents">;
  readonly clock: Clock;
}

export function createIncidentHandlers({ monitoring, clock }: IncidentHandlerDeps): Pick<Handlers, IncidentRoutes> {
  const { incidents } = monitoring;
  const idOf = ({ params }: ApiRequest) => params["id"] ?? "";
  const deedOf = ({ author, body }: ApiRequest) => ({ author, message: (body as IncidentDeed).message });
  return {
    listIncidents: async ({ query }) => {
      const { since, endpoint, version, state, severity } = query as { since?: string } & Partial<IncidentQuery>;
      const from = since === undefined ? undefined : parseSince(since, clock.now());
      const filter = { endpoint, version, state, severity, since: from };
      return toPageView(await incidents.list({ ...toPageQuery(query), ...filter }), toIncidentView);
    },
    getIncident: async (request) => {
      const found = await incidents.get(idOf(request));
      const history = await incidents.history(found.id);
      return {
        ...toIncidentView(found),
        history: history.map(({ at, type, actor, text }) => ({ at: toTimestamp(at), type, actor, text })),
      } satisfies wire.IncidentWithHistory;
    },
    acknowledgeIncident: async (request) => toIncidentView(await incidents.acknowledge(idOf(request), deedOf(request))),
    muteIncident: async (request) => {
      const until = clock.now() + (request.body as IncidentMute).for_ms;
      return toIncidentView(await incidents.mute(idOf(request), { ...deedOf(request), until }));
    },
    unmuteIncident: async (request) => toIncidentView(await incidents.unmute(idOf(request), deedOf(request))),
    resolveIncident: async (request) => toIncidentView(await incidents.resolve(idOf(request), deedOf(request))),
  };
}

function toIncidentView(incident: Incident): wire.Incident {
  const { id, watched, state, severity, title, next, evidence, resolution, acknowledgedBy, told } = incident;
  const time = (at: number | null) => (at === null ? null : toTimestamp(at));
  return {
    id,
    ...watched,
    state,
    severity,
    title,
    next,
    evidence: evidence.map(toEvidenceView),
    opened_at: toTimestamp(incident.openedAt),
    updated_at: toTimestamp(incident.updatedAt),
    resolved_at: time(incident.resolvedAt),
    resolution,
    acknowledged_at: time(incident.acknowledgedAt),
    acknowledged_by: acknowledgedBy,
    muted_until: time(incident.mutedUntil),
    told: told !== null,
  };
}

function toEvidenceView(evidence: Evidence): wire.IncidentEvidence {
  const { monitor, slice, column, metric, severity, standing, since, value, threshold, effect, weight, message } =
    evidence;
  const facts = { monitor, slice, column, metric, severity, standing, value, threshold, effect, weight, message };
  return { ...facts, since: toTimestamp(since) };
}
