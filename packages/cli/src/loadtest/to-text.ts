import type { Facts } from "../output.ts";
import type { Column } from "../table.ts";
import { ms, percent } from "./advice.ts";
import type { LoadReport } from "./load-report.ts";
import type { RunResult, SweepProbe } from "./run-loadtest.ts";
import type { Outcome, Setting } from "./to-json.ts";

/** What a person reads of a load test. */
export function toFacts(setting: Setting, { result, sweep, advice, interrupted }: Outcome): Facts {
  const { options } = setting;
  const { report, server } = result;
  return [
    ["endpoint", `${options.endpoint} (${setting.version}) at ${setting.url}, face ${options.face}`],
    ["inputs", inputsText(setting)],
    ["load", loadText(setting, report, interrupted)],
    ["knee", sweep === null ? null : kneeText(setting, sweep)],
    ["answered", `${rate(report.perSecond)}; within the SLO of ${ms(options.sloMs)} ${withinText(report)}`],
    ["latency", latencyText(report)],
    [
      "statuses",
      Object.entries(report.outcomes)
        .map(([status, count]) => `${status}: ${count}`)
        .join(", "),
    ],
    [
      "errors",
      report.errors
        .map(({ outcome, count, messages }) => [`${count} x ${outcome}`, ...messages].join("\n  "))
        .join("\n"),
    ],
    ["late sends", lateText(result)],
    ["server", server === null ? "says nothing of itself to this token (scope read)" : serverText(result)],
    ["rejected", server === null ? null : countsText(server.rejected)],
    ["on record", `trace id ${setting.traceId}`],
    ["advice", advice.map((item) => `${item.advice}\n  ${item.reason}`).join("\n")],
  ];
}

function inputsText({ inputs, batchRows }: Setting): string {
  const { source, requests, skipped } = inputs;
  const from = {
    log: "from the predictions on record",
    examples: "of the version's examples",
    file: "of the file",
    made_up: "MADE UP from the signature",
  }[source];
  const rows = batchRows === 1 ? "" : `, ${Number(batchRows.toFixed(1))} rows each`;
  const left = countsText(skipped);
  return `${requests.length} ${requests.length === 1 ? "request" : "requests"} ${from}${rows}${left === null ? "" : ` (left out: ${left})`}`;
}

function loadText({ options }: Setting, report: LoadReport, interrupted: boolean): string {
  const { mode, arrivals } = options;
  const how =
    mode.kind === "closed"
      ? `${mode.concurrency} at a time (a closed loop: a slow server slows the load down, and the latencies flatter it)`
      : mode.kind === "trace"
        ? `${mode.file}${mode.speed === 1 ? "" : ` at speed ${mode.speed}`}`
        : `${rate(report.wantedPerSecond ?? 0)}, ${arrivals === "poisson" ? "Poisson" : "uniform"} arrivals`;
  return `${how}; ${report.due} requests in ${Number(report.seconds.toFixed(1))} s${interrupted ? ", interrupted" : ""}`;
}

function kneeText({ options }: Setting, { knee, beyond, ended, probes }: NonNullable<Outcome["sweep"]>): string {
  const slo = `the SLO of ${ms(options.sloMs)}`;
  if (knee === null) return ended === "stopped" ? "not found yet" : `none: no rate that was tried holds ${slo}`;
  const late = probes.some(({ perSecond, holds }) => perSecond > knee.perSecond && !holds);
  const above =
    beyond !== null ? `${rate(beyond)} does not` : late ? "above it the load was late" : "nothing above was tried";
  const why = {
    slo: `holds ${slo}, ${above}`,
    generator: `holds ${slo}; above it the load, and not the server, was the bound`,
    tries: `holds ${slo}, ${above}; give more --duration for a closer look`,
    floor: `holds ${slo}`,
    stopped: `holds ${slo}; the search was interrupted`,
  }[ended];
  return `${rate(knee.perSecond)} ${why}`;
}

function withinText({ due, withinSlo, seconds }: LoadReport): string {
  if (due === 0) return "none";
  return `${rate(seconds > 0 ? withinSlo / seconds : 0)} (${percent(withinSlo / due)})`;
}

function latencyText({ latencyUs, failed, due }: LoadReport): string | null {
  if (failed === due) return null;
  const { p50, p90, p99, p999, max } = latencyUs;
  const each = { p50, p90, p99, "p99.9": p999, max };
  return Object.entries(each)
    .map(([name, us]) => `${name} ${ms(us / 1_000)}`)
    .join("  ");
}

function lateText({ report, generatorBound }: RunResult): string | null {
  if (report.lateSends === 0) return null;
  const held = report.lateSends - report.generatorLate;
  const parts = [
    ...(held > 0 ? [`${held} waited for a free connection (--connections), as answers were slow`] : []),
    ...(report.generatorLate > 0 ? [`${report.generatorLate} by the load itself`] : []),
  ];
  return `${parts.join(", ")}${generatorBound ? ": THE LOAD WAS THE BOUND, not the server" : ""}`;
}

function serverText({ server }: RunResult): string {
  if (server === null) return "";
  const { cpuCores, busyReplicas, runRows, runMs, queueMs } = server;
  const two = (value: number): string => String(Number(value.toFixed(2)));
  const parts = [
    cpuCores === null ? null : `${two(cpuCores)} cores`,
    busyReplicas === null ? null : `${two(busyReplicas)} replicas running`,
    runMs === null ? null : `a run ${ms(runMs)}`,
    runRows === null ? null : `${two(runRows)} rows a run`,
    queueMs === null ? null : `queue ${ms(queueMs.mean)} (p99 ${ms(queueMs.p99)})`,
  ].filter((part) => part !== null);
  return parts.join(", ");
}

function countsText(counts: Readonly<Record<string, number>>): string | null {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`);
  return parts.length === 0 ? null : parts.join(", ");
}

function rate(perSecond: number): string {
  return `${Number(perSecond.toPrecision(4))}/s`;
}

/** The rates of a sweep, a line each. */
export const probeColumns: readonly Column<SweepProbe>[] = [
  { title: "rate", value: ({ perSecond }) => perSecond, align: "right" },
  { title: "answered", value: ({ result }) => Number(result.report.perSecond.toPrecision(4)), align: "right" },
  {
    title: "in time",
    value: ({ result: { report } }) => percent(report.withinSlo / Math.max(1, report.due)),
    align: "right",
  },
  { title: "p50", value: ({ result }) => ms(result.report.latencyUs.p50 / 1_000), align: "right" },
  { title: "p99", value: ({ result }) => ms(result.report.latencyUs.p99 / 1_000), align: "right" },
  { title: "failed", value: ({ result }) => result.report.failed, align: "right" },
  {
    title: "slo",
    value: ({ holds, generatorBound }) => (holds ? "held" : generatorBound ? "the load was late" : "missed"),
  },
];
