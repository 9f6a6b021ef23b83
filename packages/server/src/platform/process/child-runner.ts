import { SlipwayError } from "@slipway/contract";
import { fork, type ChildProcess } from "node:child_process";
import type { Clock } from "../../kernel/clock.ts";
import type { Report, Task } from "./child-messages.ts";
import { minimalEnvironment } from "./environment.ts";
import { readResidentBytes } from "./resident-memory.ts";

const script = new URL(`./child-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const pollMs = 50;
const stderrBytes = 8192;

export interface ChildLimits {
  readonly timeMs: number;
  /** Resident memory of the whole child, looked at every 50 ms. Where the system does not tell, only `heapBytes` holds. */
  readonly memoryBytes: number;
  /** Memory of JavaScript objects. */
  readonly heapBytes: number;
}

export interface ChildTask {
  /** A module with an export `run(input, onProgress)`, which may be async. */
  readonly module: URL;
  /** JSON-safe, and so are progress and result. */
  readonly input: unknown;
  readonly limits: ChildLimits;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: unknown) => void;
}

/** How a child ended. Nothing but a bug of the caller throws. */
export type ChildOutcome =
  | { readonly kind: "result"; readonly result: unknown }
  /** `run` threw; a SlipwayError is handed through. */
  | { readonly kind: "error"; readonly error: Error }
  /** It ended by a signal that nobody here sent: a crash in native code, or the system's out-of-memory killer. */
  | { readonly kind: "crash"; readonly signal: NodeJS.Signals; readonly stderr: string }
  | { readonly kind: "exit"; readonly code: number; readonly stderr: string }
  | { readonly kind: "time_limit"; readonly timeMs: number }
  | { readonly kind: "memory_limit"; readonly memoryBytes: number }
  | { readonly kind: "cancelled" };

export interface ChildRunner {
  /** Runs a module in a process of its own that may be lost. When this resolves, the process is gone. */
  run(task: ChildTask): Promise<ChildOutcome>;
}

export function createChildRunner({ clock }: { readonly clock: Clock }): ChildRunner {
  return {
    run(task) {
      if (task.signal?.aborted) return Promise.resolve({ kind: "cancelled" });
      return supervise(start(task), task, clock);
    },
  };
}

function start(task: ChildTask): ChildProcess {
  const heapMb = Math.max(16, Math.floor(task.limits.heapBytes / 2 ** 20));
  const child = fork(script, [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    env: minimalEnvironment(),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "json",
  });
  // A child that is gone already shows by its exit.
  child.on("error", () => {});
  child.send({ module: task.module.href, input: task.input } satisfies Task, () => {});
  return child;
}

function supervise(child: ChildProcess, task: ChildTask, clock: Clock): Promise<ChildOutcome> {
  const { limits, signal } = task;
  let outcome: ChildOutcome | null = null;
  const end = (reason: ChildOutcome) => {
    outcome ??= reason;
    child.kill("SIGKILL");
  };
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrBytes);
  });
  child.on("message", (report: Report) => {
    if (report.kind === "progress") {
      if (outcome === null) task.onProgress?.(report.progress);
    } else end(report.kind === "result" ? report : { kind: "error", error: toError(report) });
  });
  const startedAt = clock.monotonic();
  const stopPolling = clock.every(pollMs, () => {
    if (clock.monotonic() - startedAt > limits.timeMs) end({ kind: "time_limit", timeMs: limits.timeMs });
    const resident = child.pid === undefined ? null : readResidentBytes(child.pid);
    if (resident !== null && resident > limits.memoryBytes)
      end({ kind: "memory_limit", memoryBytes: limits.memoryBytes });
  });
  const cancel = () => end({ kind: "cancelled" });
  signal?.addEventListener("abort", cancel, { once: true });

  return new Promise((resolve) => {
    const finish = (last: ChildOutcome) => {
      stopPolling();
      signal?.removeEventListener("abort", cancel);
      resolve(outcome ?? last);
    };
    child.once("close", (code, killedBy) => {
      finish(
        killedBy === null ? { kind: "exit", code: code ?? -1, stderr } : { kind: "crash", signal: killedBy, stderr },
      );
    });
    // It never came to life: no `close` follows where there is no pid.
    child.once("error", (error) => {
      if (child.pid === undefined) finish({ kind: "error", error });
    });
  });
}

function toError(report: Extract<Report, { kind: "error" }>): Error {
  return report.code === null
    ? new Error(report.message)
    : new SlipwayError(report.code, report.message, report.details);
}
