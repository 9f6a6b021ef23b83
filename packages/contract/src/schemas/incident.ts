import { z } from "zod";
import { id, modelName, name, pageOf, timestamp, versionNumber } from "./common.ts";
import { monitorNames } from "./monitoring.ts";

const severity = z.enum(["critical", "warning", "info"]);
const figure = z.number().nullable();

export const incidentEvidence = z
  .object({
    monitor: z.enum(monitorNames),
    slice: z.string().meta({ description: "A named part of the traffic; empty: all of it" }),
    column: z.string().nullable(),
    metric: z.string().nullable(),
    severity,
    standing: z.enum(["cause", "follows", "moved"]).meta({
      description:
        "`follows`: it comes of another piece of evidence; `moved`: labels say that the answers stayed as good, so it alarms nobody",
    }),
    since: timestamp.meta({ description: "The beginning of the first failing window" }),
    value: figure,
    threshold: figure,
    effect: figure,
    weight: z.number().meta({ description: "Of drift: effect times importance" }),
    message: z.string(),
  })
  .meta({ description: "One thing that is wrong" });
export type IncidentEvidence = z.infer<typeof incidentEvidence>;

export const incidentStates = ["open", "acknowledged", "muted", "resolved"] as const;

export const incident = z
  .object({
    id,
    endpoint: name,
    model: modelName,
    version: versionNumber,
    state: z.enum(incidentStates),
    severity: severity.meta({ description: "`info` is told to no channel" }),
    title: z.string(),
    next: z.string().meta({ description: "The command to run next" }),
    evidence: z
      .array(incidentEvidence)
      .meta({ description: "The weightiest first; of one that is over, when it ended" }),
    opened_at: timestamp.meta({ description: "The end of the window that brought it up" }),
    updated_at: timestamp,
    resolved_at: timestamp.nullable(),
    resolution: z.enum(["quiet", "held", "person", "retired"]).nullable().meta({
      description: "`held`: what moved did no harm; `retired`: the version does not serve any more",
    }),
    acknowledged_at: timestamp.nullable(),
    acknowledged_by: z.string().nullable(),
    muted_until: timestamp.nullable(),
    told: z.boolean().meta({ description: "Whether the channels were told of it" }),
  })
  .meta({ description: "Everything that is wrong with one version behind one endpoint, as one thing to deal with" });
export type Incident = z.infer<typeof incident>;
export const incidentPage = pageOf(incident);

export const incidentEvent = z.object({
  at: timestamp,
  type: z.enum([
    "opened",
    "reopened",
    "worse",
    "eased",
    "evidence",
    "acknowledged",
    "muted",
    "unmuted",
    "resolved",
    "told",
  ]),
  actor: z.string().nullable().meta({ description: "Who did it; null: nobody, it happened" }),
  text: z.string(),
});
export type IncidentEvent = z.infer<typeof incidentEvent>;

export const incidentWithHistory = incident.extend({
  history: z.array(incidentEvent).meta({ description: "Oldest first, the last 1,000" }),
});
export type IncidentWithHistory = z.infer<typeof incidentWithHistory>;

export const incidentQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
  endpoint: z.string().optional(),
  version: z.int().min(1).optional(),
  state: z
    .enum([...incidentStates, "active"])
    .optional()
    .meta({ description: "`active`: all that are not resolved" }),
  severity: severity.optional(),
  since: z.string().optional().meta({ description: "Opened since: RFC 3339, or a duration back from now" }),
});

const message = z.string().max(2_000).optional().meta({ description: "For the history" });
export const incidentDeed = z.strictObject({ message });
export type IncidentDeed = z.infer<typeof incidentDeed>;
export const incidentMute = z.strictObject({
  for_ms: z
    .int()
    .min(1_000)
    .max(366 * 86_400_000)
    .meta({ description: "How long nothing is told of it" }),
  message,
});
export type IncidentMute = z.infer<typeof incidentMute>;
