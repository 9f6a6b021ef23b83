import { SlipwayError } from "@slipway/contract";
import { fork } from "node:child_process";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createId } from "../../kernel/ids.ts";
import { minimalEnvironment } from "../process/environment.ts";
import { readResidentBytes } from "../process/resident-memory.ts";
import { yieldToServing } from "../process/yield-to-serving.ts";
import type { LakeDeps, LakeRunOptions, LakeTask } from "./lake-task.ts";
import { LakeError } from "./lake-error.ts";
import type { DuckDbLimits, FromChild, ToChild } from "./lake-messages.ts";

const script = new URL(`./lake-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const pollMs = 50;
const stderrBytes = 8192;
const heapMb = 256;
/** Node and DuckDB before they hold anything. */
const baseBytes = 160 * 2 ** 20;

/** One process, one task at a time. */
export interface LakeChild {
  run(task: LakeTask, options: LakeRunOptions): Promise<unknown>;
  isGone(): boolean;
  /** Resolves when the process is no more. */
  readonly gone: Promise<void>;
  /** Kills it. */
  end(): Promise<void>;
}

/** What is under way in the child. */
interface Running {
  readonly options: LakeRunOptions;
  readonly settle: (end: { readonly result: unknown } | { readonly error: Error }) => void;
}

export function startLakeChild(deps: LakeDeps): LakeChild {
  const { clock, memoryBytes } = deps;
  const child = fork(script, [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    env: minimalEnvironment(),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });
  yieldToServing(child.pid);
  let running: Running | null = null;
  let isGone = false;
  const folder = join(deps.tempFolder ?? tmpdir(), `lake-${createId()}`);
  let idleSince = clock.monotonic();
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrBytes);
  });
  // A child that is gone already shows by its exit.
  const send = (message: ToChild) => void (child.connected && child.send(message, () => {}));

  function settle(end: Parameters<Running["settle"]>[0]): void {
    const task = running;
    running = null;
    idleSince = clock.monotonic();
    task?.settle(end);
  }

  function kill(error: Error): void {
    isGone = true;
    child.kill("SIGKILL");
    settle({ error });
  }

  child.on("message", (message: FromChild) => {
    if (running !== null) receive({ message, running, settle, send, kill });
  });
  const stopWatch = clock.every(pollMs, () => {
    if (running === null) {
      if (clock.monotonic() - idleSince > deps.idleMs) kill(new LakeError("crash", "It was idle."));
      return;
    }
    const resident = child.pid === undefined ? null : readResidentBytes(child.pid);
    if (resident === null || resident <= memoryBytes) return;
    const limit = `${Math.round(memoryBytes / 2 ** 20)} MiB`;
    kill(new LakeError("memory", `It needed more than the ${limit} of memory that it may use.`));
  });
  const gone = new Promise<void>((resolve) => {
    const finish = (reason: string) => {
      isGone = true;
      stopWatch();
      settle({ error: new LakeError("crash", `The process of the lake ended: ${reason}. ${stderr}`.trim()) });
      // It removes what it made, unless it was killed.
      void rm(folder, { recursive: true, force: true }).then(resolve, () => resolve());
    };
    child.once("close", (code, signal) => finish(signal ?? `exit code ${code}`));
    child.once("error", (error) => {
      if (child.pid === undefined) finish(error.message);
    });
  });

  return {
    gone,
    isGone: () => isGone,
    run: (task, options) =>
      new Promise((resolve, reject) => {
        running = toRunning({ options, clock, kill, resolve, reject });
        send({ kind: "task", module: task.module.href, input: task.input, limits: toLimits(deps, folder) });
      }),
    async end() {
      kill(new SlipwayError("shutting_down", "The server is shutting down."));
      await gone;
    },
  };
}

interface Beginning {
  readonly options: LakeRunOptions;
  readonly clock: LakeDeps["clock"];
  readonly kill: (error: Error) => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Sets the task's limits. */
function toRunning({ options, clock, kill, resolve, reject }: Beginning): Running {
  const ended = new AbortController();
  const { timeoutMs, signal } = options;
  const cancel = () => kill(new SlipwayError("cancelled", "This was cancelled."));
  signal?.addEventListener("abort", cancel, { once: true });
  if (timeoutMs !== undefined)
    void clock.sleep(timeoutMs, ended.signal).then(() => {
      if (!ended.signal.aborted) kill(new LakeError("time", `It took longer than ${timeoutMs / 1000} s.`));
    });
  return {
    options,
    settle: (end) => {
      ended.abort();
      signal?.removeEventListener("abort", cancel);
      if ("error" in end) reject(end.error);
      else resolve(end.result);
    },
  };
}

function toLimits({ memoryBytes, threads }: LakeDeps, folder: string): DuckDbLimits {
  return { folder, threads, memoryBytes: Math.floor(Math.max(memoryBytes - baseBytes, memoryBytes / 4) * 0.8) };
}

interface Received {
  readonly message: FromChild;
  readonly running: Running;
  readonly settle: Running["settle"];
  readonly send: (message: ToChild) => void;
  readonly kill: (error: Error) => void;
}

function receive({ message, running, settle, send, kill }: Received): void {
  const { onProgress, onAsk } = running.options;
  if (message.kind === "progress") onProgress?.(message.progress);
  else if (message.kind === "result") settle({ result: message.result });
  else if (message.kind === "error") settle({ error: toError(message) });
  else if (message.kind === "ask") {
    const { call, question } = message;
    (onAsk?.(question) ?? Promise.resolve(null)).then((answer) => send({ kind: "answer", call, answer }), kill);
  }
}

function toError({ message, code, details, sql }: Extract<FromChild, { kind: "error" }>): Error {
  if (code !== null) return new SlipwayError(code, message, details);
  return new LakeError(sql ? "sql" : "failed", message);
}
