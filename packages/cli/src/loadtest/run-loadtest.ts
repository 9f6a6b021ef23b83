import { readFile } from "node:fs/promises";
import { UsageError } from "../exit-codes.ts";
import { findKnee, type FoundKnee, type Probe } from "./knee.ts";
import type { LoadOrder } from "./load-order.ts";
import type { LoadReport } from "./load-report.ts";
import type { LoadThread } from "./load-thread.ts";
import type { LiveLoad } from "./open-loop.ts";
import type { LoadtestOptions } from "./options.ts";
import { toServerFigures, type Reading, type Served, type ServerFigures } from "./server-figures.ts";
import { parseTrace } from "./trace.ts";

export interface RunResult {
  readonly report: LoadReport;
  /** Null where the server says nothing of itself. */
  readonly server: ServerFigures | null;
  readonly generatorBound: boolean;
  /** Cores that the load kept busy. */
  readonly generatorCores: number;
}

export interface SweepProbe extends Probe {
  readonly result: RunResult;
}

export interface RunSetup {
  readonly options: LoadtestOptions;
  readonly served: Served;
  readonly thread: LoadThread;
  readonly read: () => Promise<Reading>;
  /** Told what is under way, and how far it is. */
  readonly onStage: (label: string, fraction: number | null, detail: string) => void;
  /** Aborted where no further load is to begin. */
  readonly signal: AbortSignal;
}

/**
 * The load is the bound where more than this share left late by its own fault, and that lateness is more than this part of the
 * latency: where answers take a second, some milliseconds of it say nothing against the figures.
 */
const mostLate = { share: 0.01, part: 0.25 };
/** Requests under way at once of the first look at what the server can do. */
const lookConnections = 32;
const sweep = { lookMs: 2_000, leastProbeMs: 1_000, probes: 12, warmUpMs: 300, leastPatienceMs: 250, close: 0.95 };

/** One load at a rate, a concurrency or a trace. */
export async function runOne(setup: RunSetup, order: LoadOrder, label: string): Promise<RunResult> {
  const { served, thread, read, onStage } = setup;
  const whole = order.warmUpMs + order.durationMs;
  const before = await read();
  onStage(label, 0, "");
  const { report, cores } = await thread.run(order, (live) =>
    onStage(label, Math.min(1, (order.warmUpMs + live.elapsedMs) / whole), toDetail(live)),
  );
  const after = await read();
  return {
    report,
    server: toServerFigures(served, { before, after }),
    generatorBound: order.kind !== "closed" && isLate(report),
    generatorCores: cores,
  };
}

function isLate({ generatorLate, generatorLateP99Us, due, latencyUs }: LoadReport): boolean {
  return generatorLate > mostLate.share * Math.max(100, due) && generatorLateP99Us > mostLate.part * latencyUs.p99;
}

function toDetail({ elapsedMs, answers, failed, waiting, p99Us }: LiveLoad): string {
  if (elapsedMs < 0) return "warming up";
  const wrong = failed === 0 ? "" : `, ${failed} failed`;
  return `${answers} answers${wrong}, ${waiting} under way, p99 ${Math.round(p99Us / 100) / 10} ms`;
}

/** The order that the options come to; a sweep has many, see `runSweep`. */
export async function toOrder(options: LoadtestOptions): Promise<{ order: LoadOrder; label: string }> {
  const { mode, warmUpMs, sloMs, connections } = options;
  const base = { warmUpMs, sloMs, connections, durationMs: options.durationMs ?? 0 };
  if (mode.kind === "trace") {
    const text = await readFile(mode.file, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`--trace ${mode.file} cannot be read (${error.code}).`);
    });
    const offsetsMs = parseTrace(text, mode.file, mode.speed);
    const durationMs = Math.min(options.durationMs ?? Number.POSITIVE_INFINITY, toLengthMs(offsetsMs));
    return {
      order: { ...base, kind: "trace", offsetsMs, durationMs },
      label: `${offsetsMs.length} requests of ${mode.file}`,
    };
  }
  if (mode.kind === "closed")
    return {
      order: { ...base, kind: "closed", connections: mode.concurrency },
      label: `${mode.concurrency} at a time`,
    };
  const perSecond = mode.kind === "rate" ? mode.perSecond : 1;
  return { order: toRateOrder(options, perSecond, base), label: `${perSecond} requests a second` };
}

/** To where the next one would have come: a trace of n times has n gaps. */
function toLengthMs(offsetsMs: readonly number[]): number {
  const last = offsetsMs.at(-1) ?? 0;
  return Math.max(1, (last * offsetsMs.length) / Math.max(1, offsetsMs.length - 1));
}

function toRateOrder(
  { arrivals, seed, sloMs, connections }: LoadtestOptions,
  perSecond: number,
  times: { readonly durationMs: number; readonly warmUpMs: number },
): LoadOrder {
  return { kind: "rate", perSecond, arrivals, seed, sloMs, connections, ...times };
}

/** Rates one after the other, to the knee: what a closed loop reaches tells where to begin. */
export async function runSweep(setup: RunSetup): Promise<FoundKnee<SweepProbe>> {
  const { options, signal } = setup;
  const total = options.durationMs ?? 30_000;
  const lookMs = Math.min(sweep.lookMs, total / 6);
  const warmUpMs = Math.min(sweep.warmUpMs, options.warmUpMs);
  const probeMs = Math.max(sweep.leastProbeMs, (total - lookMs) / sweep.probes - warmUpMs);
  const most = Math.max(3, Math.floor((total - lookMs) / (probeMs + warmUpMs)));
  const look = { sloMs: options.sloMs, connections: lookConnections, durationMs: lookMs, warmUpMs };
  const first = await runOne(setup, { kind: "closed", ...look }, `a look with ${lookConnections} at a time`);
  // What has not come by then missed the SLO, and the connections are closed, which takes it out of the server's queue.
  const patienceMs = Math.max(sweep.leastPatienceMs, 2 * options.sloMs);
  let count = 0;
  return findKnee({
    // Where even that failed, the search begins at the bottom.
    from: Math.max(2, first.report.perSecond / 2),
    most,
    signal,
    probe: async (perSecond) => {
      const order = { ...toRateOrder(options, perSecond, { durationMs: probeMs, warmUpMs }), patienceMs };
      const label = `${perSecond} requests a second (${++count} of at most ${most})`;
      return toProbe(await runOne(setup, order, label), perSecond);
    },
  });
}

function toProbe(result: RunResult, perSecond: number): SweepProbe {
  const { report, generatorBound } = result;
  const within = report.due === 0 ? 0 : report.withinSlo / report.due;
  // Latency counts from the intended time, the load's own lateness included: what holds in spite of it holds.
  return { perSecond, result, generatorBound, holds: within >= 0.99, close: within >= sweep.close };
}
