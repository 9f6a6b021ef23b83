import { SlipwayError } from "@slipway/contract";
import { threadLimits, type Device, type ModelProgram, type Placement, type ProbeReport } from "@slipway/runtime";
import type { ModelVersion } from "../registry/index.ts";
import type { RecycleSettings } from "./recycled-replica.ts";

export interface BatchingSettings {
  /** Most rows of a run. Left out: what the server allows and the latency budget leaves. */
  readonly maxRows?: number;
  /** How long a request may wait for others where nothing else holds it up. Left out: not at all. */
  readonly maxDelayMs?: number;
  /** Rows that may wait; more are refused. Left out: as many as can be answered in time, at most 65,536. */
  readonly maxQueue?: number;
}

/** How a version is brought into memory. */
export interface LoadSettings {
  /** Copies; a model in the event loop's thread has one. */
  readonly replicas: number;
  /** Left out: the version's own. */
  readonly placement?: Placement;
  /** Of one run inside of the runtime. Left out: 1. */
  readonly threads?: number;
  /** Left out: the CPU. */
  readonly device?: Device;
  /** Of a model process; one that takes more is ended. Left out: no bound. */
  readonly memoryBytes?: number;
  /** Of a model process: a run for callers that takes longer is taken for endless. Left out: no bound. */
  readonly runLimitMs?: number;
  /** Of model processes. Left out: they live on. */
  readonly recycle?: RecycleSettings;
  /** Left out: what the batcher learns. Null: each request runs by itself. */
  readonly batching?: BatchingSettings | null;
  /**
   * For answers that nobody waits for: copies of its own, never in the event loop's thread, at the lowest priority, whose runs take no slot of
   * those that serve. Left out: false.
   */
  readonly background?: boolean;
}

/** What decides where a version runs; it need not be registered yet. */
export interface Placed {
  /** Where it runs best, as the probe found. */
  readonly placement: Placement;
  readonly program: ModelProgram;
  readonly report: object | null;
}

/** On CUDA, or in the background, what would run in the event loop's thread runs in a worker thread: it was measured on the CPU. */
export function toPlacement({ placement: own, program }: Placed, settings: LoadSettings): Placement {
  const { placement, device, background } = settings;
  if (program.kind !== "onnx") return "process";
  if (background === true && (placement ?? own) === "thread") return "worker";
  if (placement !== undefined) return placement;
  return own === "thread" && device === "cuda" ? "worker" : own;
}

/** Whether a version may run where the settings say. @throws SlipwayError `too_slow`, `precondition_failed` */
export function requirePlacement(what: string, placed: Placed, settings: LoadSettings): void {
  const { placement } = settings;
  if (placed.program.kind !== "onnx" && placement !== undefined && placement !== "process")
    throw new SlipwayError(
      "precondition_failed",
      `${what} runs in ${placed.program.kind === "python" ? "Python" : "a program of its own"}, which no ${placement} of the server can hold. Leave serve.placement out, or say process.`,
      { placement },
    );
  if (placement !== "thread" || settings.background === true) return;
  if (settings.device === "cuda")
    throw new SlipwayError(
      "precondition_failed",
      `${what} cannot run on CUDA in the server's own thread, where nothing else would move meanwhile. Leave serve.placement out, or say worker or process.`,
      { placement: "thread", device: "cuda" },
    );
  if (placed.placement === "thread") return;
  throw tooSlow(what, placed.report as Pick<ProbeReport, "createMs" | "runs" | "unbounded"> | null);
}

/** The settings without a placement that this version cannot have. */
export function fitSettings(version: ModelVersion, settings: LoadSettings): LoadSettings {
  const fits = version.program.kind === "onnx" ? version.placement === "thread" : settings.placement === "process";
  if (settings.placement === undefined || fits) return settings;
  if (settings.placement !== "thread" && version.program.kind === "onnx") return settings;
  const { placement: _, ...rest } = settings;
  return rest;
}

function tooSlow(what: string, report: Pick<ProbeReport, "createMs" | "runs" | "unbounded"> | null): SlipwayError {
  const { createMs = null, runs = null, unbounded = [] } = report ?? {};
  const measured =
    unbounded.length > 0
      ? `it has ${unbounded.join(" and ")}, whose time depends on the input, so no measurement bounds it`
      : createMs === null || runs === null
        ? "its runs could not be measured"
        : `opening took ${createMs.toPrecision(2)} ms (at most ${threadLimits.createMs}), 95 % of the runs of a row up to ${runs.p95Ms.toPrecision(2)} ms (at most ${threadLimits.runP95Ms})`;
  return new SlipwayError(
    "too_slow",
    `${what} cannot run in the server's own thread: ${measured}; nothing else would move meanwhile. Leave serve.placement out, or say worker or process.`,
    {
      placement: "thread",
      create_ms: createMs,
      run_p95_ms: runs?.p95Ms ?? null,
      unbounded,
      limits: { create_ms: threadLimits.createMs, run_p95_ms: threadLimits.runP95Ms },
    },
  );
}

/** The same text for the same copy in memory, so that endpoints with the same settings share it. */
export function toLoadKey(version: ModelVersion, settings: LoadSettings): string {
  const { threads = 1, device = "cpu", batching = {} } = settings;
  const placement = toPlacement(version, settings);
  const replicas = placement === "thread" ? 1 : settings.replicas;
  const { maxRows, maxDelayMs, maxQueue } = batching ?? {};
  const limits = batching === null ? "alone" : [maxRows, maxDelayMs, maxQueue].map((limit) => limit ?? "").join(",");
  const { memoryBytes = "", runLimitMs = "", recycle = {} } = settings;
  const { requests = "", afterMs = "" } = recycle;
  const process = placement === "process" ? [memoryBytes, runLimitMs, requests, afterMs].join(",") : "";
  const kind = settings.background === true ? ["background"] : [];
  return [version.id, placement, replicas, threads, device, process, limits, ...kind].join("/");
}
