import { spawn } from "node:child_process";
import { createServer as createTcpServer } from "node:net";
import { listProcesses } from "../lib/process-usage.ts";
import { pinTo } from "../lib/pin.ts";

/** A server that answers, ours or another. */
export interface RunningServer {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** `HOST:PORT`, where it speaks gRPC. */
  readonly grpc?: string;
  /** All processes that belong to it now. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

export interface Program {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly grpc?: string;
  /** A path that answers 200 when the model is there. */
  readonly health: string;
  readonly readyMs?: number;
}

const markName = "SLIPWAY_BENCH_PEER";
const marks = new Set<string>();
let started = 0;
// Whatever happens, no peer outlives the benchmark.
process.once("exit", () => marks.forEach(kill));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => process.exit(143));

/** What to put into the environment of a server so that all its processes are found. */
export function createMark(): { readonly env: Readonly<Record<string, string>>; pids(): readonly number[] } {
  const value = `${process.pid}.${(started += 1)}`;
  return { env: { [markName]: value }, pids: () => listProcesses(`${markName}=${value}`) };
}

/** Starts a program on core 0, with all that it starts itself, and waits until it is healthy. */
export async function startProgram(program: Program): Promise<RunningServer> {
  const { env, pids } = createMark();
  const mark = `${markName}=${env[markName]}`;
  marks.add(mark);
  const [command = "", ...words] = [...pinTo(0), ...program.command];
  const child = spawn(command, words, {
    cwd: program.cwd,
    env: { ...process.env, ...program.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  child.on("error", (error) => (said += error.message));
  const stop = async () => {
    kill(mark);
    marks.delete(mark);
    while (pids().length > 0) await pause(50);
  };
  const until = performance.now() + (program.readyMs ?? 120_000);
  while (!(await isHealthy(program.url + program.health))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended && performance.now() < until) continue;
    await stop();
    throw new Error(`${program.command.join(" ")} ${ended ? "ended" : "was not ready in time"}. ${said}`);
  }
  return { url: program.url, ...(program.grpc === undefined ? {} : { grpc: program.grpc }), pids, stop };
}

function kill(mark: string): void {
  for (const pid of listProcesses(mark))
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
}

/** Holds a server, so that it takes nothing from the one that is measured, and lets it go on. */
export function hold({ pids }: RunningServer, held: boolean): void {
  for (const pid of pids()) process.kill(pid, held ? "SIGSTOP" : "SIGCONT");
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    await pause(100);
    return false;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
