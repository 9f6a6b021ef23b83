import type { Advice } from "./advice.ts";
import type { FoundKnee } from "./knee.ts";
import type { Latencies, LoadReport } from "./load-report.ts";
import type { Inputs } from "./inputs.ts";
import type { LoadtestOptions } from "./options.ts";
import type { RunResult, SweepProbe } from "./run-loadtest.ts";
import type { ServerFigures } from "./server-figures.ts";

/** Raised where a field changes its meaning or goes; new ones do not raise it. */
const format = 1;

/** What was tested, and how. */
export interface Setting {
  readonly options: LoadtestOptions;
  readonly url: string;
  readonly version: string;
  readonly inputs: Inputs;
  readonly batchRows: number;
  readonly traceId: string;
  readonly startedAt: number;
}

export interface Outcome {
  /** The run, of a sweep the one at the knee or, without one, at the lowest rate. */
  readonly result: RunResult;
  readonly sweep: FoundKnee<SweepProbe> | null;
  readonly advice: readonly Advice[];
  readonly interrupted: boolean;
}

/** The whole report, snake_case; see docs/how-to/load-test.md. */
export function toLoadtestJson(setting: Setting, { result, sweep, advice, interrupted }: Outcome) {
  const { options, inputs } = setting;
  return {
    format,
    endpoint: options.endpoint,
    version: setting.version,
    pinned: options.pin !== undefined,
    url: setting.url,
    face: options.face,
    mode: options.mode.kind === "knee" ? "sweep" : options.mode.kind === "closed" ? "concurrency" : options.mode.kind,
    arrivals: options.mode.kind === "rate" || options.mode.kind === "knee" ? options.arrivals : null,
    concurrency: options.mode.kind === "closed" ? options.mode.concurrency : null,
    slo_ms: options.sloMs,
    warmup_ms: options.warmUpMs,
    started_at: new Date(setting.startedAt).toISOString(),
    interrupted,
    inputs: {
      source: inputs.source,
      requests: inputs.requests.length,
      rows_per_request: setting.batchRows,
      skipped: inputs.skipped,
    },
    trace_id: setting.traceId,
    result: toResultJson(result, options.sloMs),
    sweep: sweep && {
      knee_per_second: sweep.knee?.perSecond ?? null,
      beyond_per_second: sweep.beyond,
      ended: sweep.ended,
      probes: sweep.probes.map(({ result: probe, holds }) => ({ holds, ...toProbeJson(probe, options.sloMs) })),
    },
    advice,
  };
}

export type LoadtestJson = ReturnType<typeof toLoadtestJson>;

function toResultJson({ report, server, generatorBound, generatorCores }: RunResult, sloMs: number) {
  return {
    ...toFigures(report, sloMs),
    answers: report.answers,
    failed: report.failed,
    statuses: report.outcomes,
    errors: report.errors,
    refusal_ms: toLatencyJson(report.refusalUs),
    distribution_ms: toLadder(report),
    late_sends: report.lateSends,
    generator: {
      bound: generatorBound,
      cores: round(generatorCores, 3),
      late_sends: report.generatorLate,
      late_p99_ms: toMs(report.generatorLateP99Us),
    },
    server: server && toServerJson(server),
  };
}

/** Ten steps a nine, as far as there were answers for them: all that a picture needs. */
function toLadder({ distribution, due }: LoadReport): readonly { readonly share: number; readonly ms: number }[] {
  const last = distribution.at(-1);
  if (last === undefined) return [];
  const steps = Array.from({ length: Math.ceil(Math.log10(Math.max(10, due)) * 10) }, (_, i) => 1 - 10 ** (-i / 10));
  return [
    ...steps.map((wanted) => {
      const [, us] = distribution.find(([share]) => share >= wanted) ?? last;
      return { share: round(wanted, 7), ms: toMs(us) };
    }),
    { share: 1, ms: toMs(last[1]) },
  ];
}

function toProbeJson({ report, server, generatorBound }: RunResult, sloMs: number) {
  return { ...toFigures(report, sloMs), generator_bound: generatorBound, server: server && toServerJson(server) };
}

function toFigures(report: LoadReport, sloMs: number) {
  return {
    wanted_per_second: report.wantedPerSecond === null ? null : round(report.wantedPerSecond, 3),
    seconds: round(report.seconds, 3),
    requests: report.due,
    per_second: round(report.perSecond, 3),
    goodput_per_second: report.seconds > 0 ? round(report.withinSlo / report.seconds, 3) : 0,
    within_slo: report.due > 0 ? round(report.withinSlo / report.due, 6) : null,
    holds_slo: holdsSlo(report, sloMs),
    latency_ms: toLatencyJson(report.latencyUs),
  };
}

/** 99 % of what was due was answered well in time, which p99 alone does not say where requests are refused. */
export function holdsSlo({ due, withinSlo }: LoadReport, sloMs: number): boolean {
  return due > 0 && sloMs > 0 && withinSlo / due >= 0.99;
}

function toLatencyJson({ p50, p90, p99, p999, max, mean }: Latencies) {
  return { p50: toMs(p50), p90: toMs(p90), p99: toMs(p99), p999: toMs(p999), max: toMs(max), mean: toMs(mean) };
}

function toServerJson(server: ServerFigures) {
  const figure = (value: number | null, digits = 3) => (value === null ? null : round(value, digits));
  return {
    cpu_cores: figure(server.cpuCores),
    replicas_busy: figure(server.busyReplicas),
    runs: server.runs,
    rows_per_run: figure(server.runRows),
    run_ms: figure(server.runMs),
    row_limit: server.rowLimit,
    queue_ms: toMeanJson(server.queueMs),
    request_ms: toMeanJson(server.requestMs),
    outcomes: server.outcomes,
    rejected: server.rejected,
    expired: server.expired,
    cancelled: server.cancelled,
    rss_bytes: server.rssBytes,
  };
}

function toMeanJson(time: ServerFigures["queueMs"]) {
  return time && { mean: round(time.mean, 3), p99: round(time.p99, 3) };
}

const toMs = (us: number): number => round(us / 1_000, 3);

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
