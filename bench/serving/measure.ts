import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Load, OpenLoad } from "../../packages/cli/src/loadtest/open-loop.ts";
import { pinTo } from "../lib/pin.ts";
import { readMemory } from "../lib/process-usage.ts";
import { runLoad, type LoadOrder, type MeasuredLoad } from "../lib/run-load.ts";
import { inferPath, toInferMessage } from "./grpc-message.ts";
import type { Question } from "./question.ts";
import type { RawReport } from "./raw-run.ts";
import { hold, type RunningServer } from "./running-program.ts";
import { requireGrpc, type Way } from "./variant.ts";
import type { Work } from "./works.ts";
import { hasWrk, runWrk } from "./wrk.ts";

export interface Contestant {
  readonly name: string;
  readonly server: RunningServer;
  readonly way: Way;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly connections: number;
  /** A folder for scripts and bodies. */
  readonly room: string;
}

export type Figures = Readonly<Record<string, number>>;

const warmUpSeconds = 1;

/** As many requests as it takes. */
export async function measureMost(
  { name, server, way }: Contestant,
  question: Question,
  options: MeasureOptions,
): Promise<Figures> {
  const { seconds, connections, room } = options;
  hold(server, false);
  try {
    const pids = server.pids();
    let figures: Figures;
    if (way.protocol === "http" && hasWrk()) {
      const order = { url: server.url, request: way.request(question), connections, room, pids };
      await runWrk({ ...order, seconds: warmUpSeconds });
      figures = toMost(await runWrk({ ...order, seconds }));
    } else {
      const load = { connections, durationMs: seconds * 1_000, warmUpMs: warmUpSeconds * 1_000 };
      const report = await runLoad(toOrder({ name, server, way }, question, load));
      const { p50: p50Us, p99: p99Us } = report.latencyUs;
      figures = toMost({ ...report, p50Us, p99Us, cpuUs: report.cpuUs ?? Number.NaN });
    }
    const { rssBytes, pssBytes } = readMemory(pids);
    return { ...figures, "RSS MB": rssBytes / 1e6, "PSS MB": pssBytes / 1e6, processes: pids.length };
  } finally {
    hold(server, true);
  }
}

interface Most {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number;
  readonly failed: number;
}

function toMost({ perSecond, p50Us, p99Us, cpuUs, failed }: Most): Figures {
  return { "req/s": perSecond, "CPU µs a request": cpuUs, "p50 µs": p50Us, "p99 µs": p99Us, failed };
}

/** A fixed rate, whatever it does. */
export async function measureRate(
  contestant: Contestant,
  question: Question,
  options: MeasureOptions & { readonly perSecond: number },
): Promise<Figures> {
  hold(contestant.server, false);
  try {
    const { seconds, connections, perSecond } = options;
    const load = { connections: connections * 2, durationMs: seconds * 1_000, warmUpMs: warmUpSeconds * 1_000 };
    const report = await runLoad(toOrder(contestant, question, { ...load, perSecond, arrivals: "poisson" as const }));
    return toRateFigures(report);
  } finally {
    hold(contestant.server, true);
  }
}

function toRateFigures(report: MeasuredLoad): Figures {
  return {
    "req/s asked for": report.wantedPerSecond ?? Number.NaN,
    "req/s": report.perSecond,
    "CPU µs a request": report.cpuUs ?? Number.NaN,
    "p50 µs": report.latencyUs.p50,
    "p99 µs": report.latencyUs.p99,
    "max µs": report.latencyUs.max,
    failed: report.failed,
    "late sends of the load %": (100 * report.generatorLate) / Math.max(1, report.due),
  };
}

/** One connection, one request after another, nothing else to do. */
export async function measureIdle(contestant: Contestant, question: Question, seconds: number): Promise<Figures> {
  hold(contestant.server, false);
  try {
    const load = { connections: 1, durationMs: seconds * 1_000, warmUpMs: 500 };
    const report = await runLoad(toOrder(contestant, question, load));
    return { "p50 µs": report.latencyUs.p50, "p99 µs": report.latencyUs.p99, failed: report.failed };
  } finally {
    hold(contestant.server, true);
  }
}

type LoadShape = Omit<Load | OpenLoad, "url" | "requests"> & Partial<Pick<OpenLoad, "perSecond" | "arrivals">>;

function toOrder({ server, way }: Contestant, question: Question, load: LoadShape): LoadOrder {
  const pid = server.pids();
  if (way.protocol === "http") return { load: { ...load, url: server.url, requests: [way.request(question)] }, pid };
  const request = { method: "POST", path: inferPath, body: toInferMessage(way.model, question) };
  return { load: { ...load, url: `http://${requireGrpc(server)}`, requests: [request] }, pid, grpc: inferPath };
}

/** ONNX Runtime in a process of its own on the servers' core. */
export async function measureRaw({ onnx, questions }: Work, options: MeasureOptions): Promise<RawReport> {
  const file = join(options.room, "question.json");
  const [question] = questions;
  if (onnx === undefined) throw new Error("There is no ONNX file to run.");
  writeFileSync(file, toQuestionJson(question));
  const script = join(import.meta.dirname, "raw-run.ts");
  const [command, ...words] = [...pinTo(0), process.execPath, script, onnx, file, String(options.seconds)];
  const { stdout } = await promisify(execFile)(command, words);
  return JSON.parse(stdout) as RawReport;
}

/** For a program that reads it from a file. */
export function toQuestionJson(question: Question): string {
  return JSON.stringify({ ...question, inputs: question.inputs.map((input) => ({ ...input, data: [...input.data] })) });
}
