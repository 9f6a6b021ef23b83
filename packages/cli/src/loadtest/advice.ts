import type { ServeSettings } from "@slipway/contract";
import type { LoadReport } from "./load-report.ts";
import type { ServerFigures } from "./server-figures.ts";

/** What to change, and what was measured that speaks for it. */
export interface Advice {
  readonly code:
    | "generator_bound"
    | "rate_limited"
    | "more_replicas"
    | "cores_are_the_bound"
    | "leave_the_thread"
    | "batching_on"
    | "raise_batch_cap"
    | "http_is_the_bound"
    | "shorter_timeout"
    | "longer_timeout"
    | "room_left";
  readonly advice: string;
  readonly reason: string;
}

export interface Measured {
  readonly sloMs: number;
  readonly report: LoadReport;
  /** True where the load, and not the server, was the bound. */
  readonly generatorBound: boolean;
  readonly server: ServerFigures | null;
  readonly serve: ServeSettings;
  /** Whether rows of several requests can run together. */
  readonly batched: boolean;
  readonly placement: "thread" | "worker" | "process" | null;
  /** Of the machine that both run on; null: the server is elsewhere. */
  readonly cores: number | null;
  /** Cores that the load itself kept busy. */
  readonly generatorCores: number;
}

/** A replica that is busy for a larger part of the time has queues that grow (M/D/1: the wait is ten runs at 0.95). */
const busy = 0.85;
/** What replicas are laid out for. */
const comfortable = 0.7;
/** Of the one thread: with less of it, moving the model away is not what helps most. */
const halfOfIt = 0.5;
const closeToCap = 0.8;

/** Nothing is said that was not measured; the most pressing comes first. */
export function toAdvice(measured: Measured): readonly Advice[] {
  const { report } = measured;
  const foreign = [...ofGenerator(measured), ...ofRate(measured)];
  const held = report.due > 0 && report.withinSlo / report.due >= 0.99;
  if (held) return [...foreign, ...ofRoom(measured)];
  if (foreign.length > 0) return foreign;
  return [...ofCapacity(measured), ...ofBatches(measured), ...ofTimeout(measured)];
}

function ofGenerator({ generatorBound, report }: Measured): Advice[] {
  if (!generatorBound) return [];
  const share = percent(report.generatorLate / Math.max(1, report.due));
  return [
    {
      code: "generator_bound",
      advice: "Do not take these figures for the server's: run the load on another machine, or with a lower rate.",
      reason: `${share} of the requests left over 1 ms late although a connection was free: the load had not enough CPU.`,
    },
  ];
}

function ofRate({ report }: Measured): Advice[] {
  const refused = report.outcomes["429"] ?? 0;
  if (refused === 0) return [];
  return [
    {
      code: "rate_limited",
      advice: "Run it with a token that has no rate, or one above this load: `slipway token create --rate`.",
      reason: `${refused} requests were refused with 429, which says nothing of the model.`,
    },
  ];
}

function ofRoom({ server, serve, report, cores }: Measured): Advice[] {
  const used = toBusy(server, serve);
  const parts = [
    used === null ? null : `the ${plural(serve.replicas, "replica")} ran ${percent(used)} of the time`,
    server === null || server.cpuCores === null
      ? null
      : `the server took ${toFixed(server.cpuCores)} ${cores === null ? "cores" : `of ${cores} cores`}`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return [];
  return [
    {
      code: "room_left",
      advice: "Nothing has to change for this load.",
      reason: `${percent(report.withinSlo / report.due)} of the requests were answered in time; ${parts.join(", ")}.`,
    },
  ];
}

/** Where the work waits: for a replica, for a core, or for the one thread that speaks HTTP. */
function ofCapacity(measured: Measured): Advice[] {
  const { server, serve, placement, cores } = measured;
  const used = toBusy(server, serve);
  if (server === null || used === null) return [];
  const taken = toCores(measured);
  const free = cores === null || taken === null ? null : cores - taken;
  const waits =
    server.queueMs === null || server.runMs === null
      ? ""
      : `, and a request waited ${ms(server.queueMs.mean)} for a run of ${ms(server.runMs)}`;
  const load = `the ${plural(serve.replicas, "replica")} ran ${percent(used)} of the time${waits}`;
  const full = server.cpuCores !== null && server.cpuCores >= busy;
  if (placement === "thread" && (used >= busy || (full && used >= halfOfIt)))
    return [
      {
        code: "leave_the_thread",
        advice: "Set serve.placement: worker, and serve.replicas to the cores that are to work.",
        reason: `The model runs on the thread that also speaks HTTP, where replicas change nothing; ${load}.`,
      },
    ];
  if (used >= busy && free !== null && free < 0.5)
    return [
      {
        code: "cores_are_the_bound",
        advice: "More replicas would not help here: give the server more cores, send less, or make the model faster.",
        reason: `The server took ${toFixed(taken ?? 0)} of ${cores} cores; ${load}.${ofLoad(measured)}`,
      },
    ];
  if (used >= busy) return [moreReplicas(measured, { used, free, load })];
  const others = (server.cpuCores ?? 0) - used * serve.replicas;
  if (!(placement === "thread" ? full : others >= busy)) return [];
  return [
    {
      code: "http_is_the_bound",
      advice:
        "Send several rows in one request, wide ones as binary tensors (compare with --face oip-binary), or start the server with --http-workers.",
      reason: `The replicas ran only ${percent(used)} of the time, while the server took ${toFixed(server.cpuCores ?? 0)} cores: HTTP, JSON and the log are the work.`,
    },
  ];
}

function moreReplicas(
  { serve, report, server }: Measured,
  { used, free, load }: { readonly used: number; readonly free: number | null; readonly load: string },
): Advice {
  // Work that came in, in replicas that are always busy, were none refused or late.
  const wanted = report.wantedPerSecond ?? report.perSecond;
  const demand = used * serve.replicas * Math.max(1, wanted / Math.max(1e-9, report.perSecond));
  const enough = Math.max(serve.replicas + 1, Math.ceil(demand / comfortable));
  const most = free === null ? enough : serve.replicas + Math.max(1, Math.floor(free + 0.25));
  const replicas = Math.min(enough, most);
  const cpu = free === null ? "" : ` while ${toFixed(free)} cores were free of the server`;
  const short =
    replicas < enough
      ? ` ${enough} would keep them below ${percent(comfortable)}; there are no cores for so many.`
      : "";
  const cpuKnown = server?.cpuCores === null ? " The CPU time of the server is not known." : "";
  return {
    code: "more_replicas",
    advice: `Set serve.replicas: ${replicas}.${short}`,
    reason: `${sentence(load)}${cpu}.${cpuKnown}`,
  };
}

function ofBatches({ server, serve, batched }: Measured): Advice[] {
  if (!batched || server === null || server.runRows === null || server.queueMs === null || server.runMs === null)
    return [];
  if (server.queueMs.mean < server.runMs) return [];
  const waited = `A request waited ${ms(server.queueMs.mean)} for a run of ${ms(server.runMs)}`;
  if (serve.batching === null)
    return [
      {
        code: "batching_on",
        advice: "Take serve.batching: off out: requests that wait together then run together.",
        reason: `${waited}, and each ran by itself.`,
      },
    ];
  const cap = serve.batching.max_rows;
  // Where the server itself stops at fewer rows, more of them would not pay.
  if (cap !== null && server.rowLimit !== null && server.rowLimit < cap) return [];
  if (cap === null || server.runRows < closeToCap * cap) return [];
  return [
    {
      code: "raise_batch_cap",
      advice: `Set serve.batching.max_rows: ${cap * 2} and compare, or leave it out: the server then learns how many rows pay.`,
      reason: `${waited}; runs had ${toFixed(server.runRows)} rows of the ${cap} that they may have.`,
    },
  ];
}

function ofTimeout({ report, sloMs, serve }: Measured): Advice[] {
  const expired = report.outcomes["504"] ?? 0;
  const late = report.answers - report.failed - report.withinSlo;
  if (expired > 0 && serve.timeout_ms < sloMs)
    return [
      {
        code: "longer_timeout",
        advice: `Set serve.timeout to the SLO of ${ms(sloMs)} or more.`,
        reason: `${expired} requests ended with 504 after serve.timeout (${ms(serve.timeout_ms)}), which is shorter than the SLO.`,
      },
    ];
  if (late / Math.max(1, report.due) < 0.01 || serve.timeout_ms <= sloMs * 1.5) return [];
  return [
    {
      code: "shorter_timeout",
      advice: `Set serve.timeout near the SLO (${ms(sloMs)}): what cannot be done in time is then refused at once, and the rest stays fast.`,
      reason: `${late} answers came after the SLO, as serve.timeout (${ms(serve.timeout_ms)}) lets them wait.`,
    },
  ];
}

/** Model processes are not in what the server says of its own. */
function toCores({ server, placement, serve }: Measured): number | null {
  if (server === null || server.cpuCores === null) return null;
  return server.cpuCores + (placement === "process" ? (server.busyReplicas ?? 0) * (serve.threads ?? 1) : 0);
}

/** The part of the time that a replica ran; null where the server does not tell. */
function toBusy(server: ServerFigures | null, { replicas }: ServeSettings): number | null {
  if (server === null || server.busyReplicas === null) return null;
  return server.busyReplicas / replicas;
}

function ofLoad({ generatorCores, cores }: Measured): string {
  return cores === null || generatorCores < 0.1
    ? ""
    : ` The load itself took ${toFixed(generatorCores)} of them, which it would not elsewhere.`;
}

export function ms(value: number): string {
  if (value >= 10_000) return `${Number((value / 1_000).toPrecision(3))} s`;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${Number(value.toFixed(digits))} ms`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value > 99 && value < 100 ? Math.floor(value * 100) / 100 : Math.round(value)} %`;
}

function toFixed(value: number): string {
  return String(Number(value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2)));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
