import { parseDuration } from "@slipway/contract/duration";
import type { Incident, IncidentEvidence, IncidentWithHistory } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { argument, choiceOption, textOption, type Context, type Input, type Run } from "../context.ts";
import { parseLimit, take } from "../limit.ts";
import { writeDone, writeList, writeOne } from "../output.ts";
import { createTable, renderFacts, type Column } from "../table.ts";
import { printable } from "../text.ts";
import { parseSince, relativeTime } from "../time.ts";

const columns: readonly Column<Incident>[] = [
  { title: "id", value: (incident) => incident.id },
  {
    title: "opened_at",
    value: ({ opened_at }) => opened_at,
    text: ({ opened_at }, now) => relativeTime(opened_at, now),
  },
  { title: "endpoint", value: ({ endpoint, version }) => `${endpoint}@${version}` },
  { title: "severity", value: (incident) => incident.severity },
  { title: "state", value: (incident) => incident.state },
  { title: "title", value: (incident) => incident.title, flexible: true },
];

export const listIncidents: Run = async (context, input) => {
  const [name] = input.args;
  const limit = parseLimit(textOption(input, "limit") ?? "20");
  const since = textOption(input, "since");
  const found = context.client().incidents.all({
    endpoint: name === undefined ? undefined : requireName(name),
    state: input.options.all === true ? undefined : "active",
    severity: choiceOption(input, "severity", ["critical", "warning", "info"]),
    since: since === undefined ? undefined : parseSince(since),
    limit: Math.min(limit, 200),
  });
  await writeList(context, columns, take(found, limit));
};

export const showIncident: Run = async (context, input) => {
  const incident = await context.client().incidents.get(argument(input, 0));
  if (context.settings.format !== "table") return writeOne(context, incident, []);
  context.stdout.write(render(context, incident));
};

const evidenceColumns: readonly Column<IncidentEvidence>[] = [
  { title: "severity", value: ({ severity, standing }) => (standing === "cause" ? severity : standing) },
  { title: "monitor", value: (evidence) => evidence.monitor },
  { title: "slice", value: (evidence) => evidence.slice },
  { title: "since", value: ({ since }) => since, text: ({ since }, now) => relativeTime(since, now) },
  { title: "what", value: (evidence) => evidence.message, flexible: true },
];

const historyColumns: readonly Column<IncidentWithHistory["history"][number]>[] = [
  { title: "at", value: ({ at }) => at, text: ({ at }, now) => relativeTime(at, now) },
  { title: "what", value: (event) => event.type },
  { title: "who", value: (event) => event.actor },
  { title: "text", value: (event) => event.text, flexible: true },
];

function render({ stdout, style, now: clock }: Context, incident: IncidentWithHistory): string {
  const now = clock();
  const ago = (at: string | null) => (at === null ? null : relativeTime(at, now));
  const width = stdout.isTTY === true ? stdout.columns : undefined;
  const layout = { width, now, heading: style.bold };
  const { acknowledged_by: by, acknowledged_at: at } = incident;
  const facts = renderFacts([
    ["endpoint", `${incident.endpoint}@${incident.version}`],
    ["state", incident.state],
    ["severity", incident.severity],
    ["opened", ago(incident.opened_at)],
    ["acknowledged", at && `${ago(at)}${by === null ? "" : ` by ${by}`}`],
    ["muted until", incident.muted_until],
    ["over", incident.resolved_at && `${ago(incident.resolved_at)} (${incident.resolution})`],
  ]);
  return [
    `${style.bold(printable(incident.title))}\n\n${facts}`,
    createTable(evidenceColumns, layout)(incident.evidence),
    createTable(historyColumns, layout)(incident.history),
    `Next: ${printable(incident.next)}\n`,
  ].join("\n");
}

export const acknowledge: Run = (context, input) =>
  done(context, input, (id, message) => context.client().incidents.acknowledge(id, { message }));

export const mute: Run = (context, input) => {
  const forMs = Math.round(parseDuration(textOption(input, "for") ?? "2h"));
  return done(context, input, (id, message) => context.client().incidents.mute(id, forMs, { message }));
};

export const unmute: Run = (context, input) =>
  done(context, input, (id, message) => context.client().incidents.unmute(id, { message }));

export const resolveIncident: Run = (context, input) =>
  done(context, input, (id, message) => context.client().incidents.resolve(id, { message }));

async function done(
  context: Context,
  input: Input,
  act: (id: string, message: string | undefined) => Promise<Incident>,
): Promise<void> {
  const incident = await act(argument(input, 0), textOption(input, "message"));
  const until = incident.muted_until === null ? "" : ` until ${incident.muted_until}`;
  writeDone(context, incident, `${incident.id} is ${incident.state}${until}.`);
}
