import type { Finding, Incident, Monitoring, Watched } from "../../monitoring/index.ts";
import { head, line } from "./lines.ts";

/** Of one version: a model of a thousand columns must not fill a time-series database. */
const mostSeries = 500;

interface Series {
  readonly watched: Watched;
  readonly finding: Finding;
}

const perThing: readonly Gauge[] = [
  {
    name: "slipway_monitor_value",
    help: "What was found of one thing in the last window",
    value: ({ value }) => value,
  },
  { name: "slipway_monitor_threshold", help: "What that was held against", value: ({ threshold }) => threshold },
  {
    name: "slipway_monitor_failing",
    help: "1 where it failed, 0 where it passed",
    value: ({ verdict }) => (verdict === "fail" ? 1 : verdict === "pass" ? 0 : null),
  },
];

/** What the monitors said last of what serves, open incidents, and whether the channels take what they are told. */
export async function renderMonitoring({
  gauges,
  incidents,
  channels,
}: Pick<Monitoring, "gauges" | "incidents" | "channels">): Promise<string> {
  const last = gauges.list();
  const series = last.flatMap(({ watched, findings }) => chosen(findings).map((finding) => ({ watched, finding })));
  return [
    head("slipway_monitor_window_end_seconds", "gauge", "End of the last window that was judged, Unix time"),
    ...last.map(({ watched, to }) => line("slipway_monitor_window_end_seconds", versionLabels(watched), to / 1000)),
    head("slipway_monitor_findings", "gauge", "Findings of the last window, by verdict"),
    ...last.flatMap(({ watched, findings }) => countLines(watched, findings)),
    ...perThing.map((gauge) => ofSeries(series, gauge)),
    await incidentLines(incidents),
    await channelLines(channels),
  ].join("");
}

/** Of slices only what fails; what fails first. */
function chosen(findings: readonly Finding[]): readonly Finding[] {
  const fails = findings.filter(({ verdict }) => verdict === "fail");
  const rest = findings.filter(({ verdict, slice }) => verdict !== "fail" && slice === "");
  return [...fails, ...rest].slice(0, mostSeries);
}

interface Gauge {
  readonly name: string;
  readonly help: string;
  /** Null: the finding has none. */
  readonly value: (finding: Finding) => number | null;
}

function ofSeries(series: readonly Series[], { name, help, value }: Gauge): string {
  const lines = series.map(({ watched, finding }) => {
    const found = value(finding);
    const { monitor, slice, column, metric } = finding;
    const labels = { ...versionLabels(watched), monitor, slice, column: column ?? "", metric: metric ?? "" };
    return found === null ? "" : line(name, labels, found);
  });
  return head(name, "gauge", help) + lines.join("");
}

function countLines(watched: Watched, findings: readonly Finding[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { monitor, verdict } of findings) {
    const key = `${monitor} ${verdict}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => {
    const [monitor = "", verdict = ""] = key.split(" ");
    return line("slipway_monitor_findings", { ...versionLabels(watched), monitor, verdict }, count);
  });
}

async function incidentLines(incidents: Pick<Monitoring["incidents"], "list">): Promise<string> {
  const { items } = await incidents.list({ state: "active", limit: 1_000, cursor: null });
  const text = ({ watched, state, severity }: Incident) =>
    line("slipway_incident_open", { ...versionLabels(watched), state, severity }, 1);
  return head("slipway_incident_open", "gauge", "1 for each incident that is not over") + items.map(text).join("");
}

async function channelLines(channels: Pick<Monitoring["channels"], "list">): Promise<string> {
  const { items } = await channels.list({ limit: 1_000, cursor: null });
  const each = (name: string, help: string, value: "pending" | "failed") =>
    head(name, "gauge", help) +
    items.map((channel) => line(name, { channel: channel.name }, channel.deliveries[value])).join("");
  return (
    each("slipway_channel_pending", "Messages of incidents that wait to be taken", "pending") +
    each("slipway_channel_failed", "Messages of the last days that were given up", "failed")
  );
}

function versionLabels({ endpoint, version }: Watched) {
  return { endpoint, version: String(version) };
}
