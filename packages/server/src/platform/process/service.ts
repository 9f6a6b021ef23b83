import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "../../kernel/clock.ts";
import { minimalEnvironment } from "./environment.ts";
import { fromSentError, type FromService, type ToService } from "./service-messages.ts";

const script = new URL(`./service-main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export interface ServiceOptions {
  /** A module with an export `run(input)` that resolves with the methods: `{ name: (params) => result }`. */
  readonly module: URL;
  /** Goes through the structured clone, as params and results do. */
  readonly input: unknown;
  /** Each line that it says on stderr. */
  readonly onLine: (line: string) => void;
  readonly clock: Clock;
}

/** A process that lives on and answers calls. It is gone within about a second when this process is. */
export interface Service {
  readonly pid: number | undefined;
  /** Resolves when `run` has. @throws what `run` threw, or Error where the process ended */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the process is no more. */
  readonly gone: Promise<string>;
  /** @throws what the method threw; an error of which `isLost` is true where the process ended, or did not answer in time */
  call(method: string, params: unknown, timeoutMs: number): Promise<unknown>;
  kill(): void;
}

/** Whether the call was carried out is not known. */
export class ServiceLost extends Error {
  override readonly name = "ServiceLost";
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function startService({ module, input, onLine, clock }: ServiceOptions): Service {
  const child = fork(script, [], {
    execArgv: [],
    env: minimalEnvironment(),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });
  const waiting = new Map<number, Waiting>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  let calls = 0;
  let ended: string | null = null;
  const send = (message: ToService) => void (child.connected && child.send(message, () => {}));
  if (child.stderr) createInterface({ input: child.stderr }).on("line", onLine);

  child.on("message", (message: FromService) => {
    if (message.kind === "ready") return ready.resolve();
    if (message.kind === "failed") return ready.reject(fromSentError(message.error));
    const call = waiting.get(message.call);
    waiting.delete(message.call);
    if (message.kind === "answer") call?.resolve(message.result);
    else call?.reject(fromSentError(message.error));
  });
  const gone = new Promise<string>((resolve) => {
    const finish = (reason: string) => {
      ended = reason;
      ready.reject(new ServiceLost(`The process ended: ${reason}.`));
      for (const call of waiting.values()) call.reject(new ServiceLost(`The process ended: ${reason}.`));
      waiting.clear();
      resolve(reason);
    };
    child.once("close", (code, signal) => finish(signal ?? `exit code ${code}`));
    // It never came to life: no `close` follows where there is no pid.
    child.on("error", (error) => {
      if (child.pid === undefined) finish(error.message);
    });
  });
  send({ kind: "start", module: module.href, input });

  async function call(method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    if (ended !== null) throw new ServiceLost(`The process ended: ${ended}.`);
    const id = ++calls;
    const answered = new AbortController();
    const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    const late = clock.sleep(timeoutMs, answered.signal).then(() => {
      if (answered.signal.aborted) return null;
      waiting.delete(id);
      throw new ServiceLost(`The process did not answer ${method} within ${timeoutMs} ms.`);
    });
    late.catch(() => {});
    send({ kind: "call", call: id, method, params });
    return Promise.race([answer, late]).finally(() => answered.abort());
  }

  return { pid: child.pid, ready: ready.promise, gone, call, kill: () => void child.kill("SIGKILL") };
}

/** Whether a call failed as the process is lost, and not by what the method threw. */
export function isLost(error: unknown): boolean {
  return error instanceof ServiceLost;
}
