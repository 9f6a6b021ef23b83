import { SlipwayError } from "@slipway/contract/errors";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Replica, Runtime } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import { toMovable, toTransfer, type FromWorker, type ToWorker, type WorkerSetup } from "./worker-messages.ts";

const script = new URL(`./replica-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export interface WorkerRuntimeOptions {
  /** Wait before the first restart of a worker that died; doubles with each death in a row, up to `maxBackoffMs`. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Told of each death of a worker, with the reason. */
  readonly onDeath?: (reason: string) => void;
}

/** Runs models in worker threads, one for each replica, so that a run does not block the caller's thread. */
export function createWorkerRuntime(options: WorkerRuntimeOptions = {}): Runtime {
  return {
    async open(files, signature, { threads }) {
      const outputs = signature.outputs.map((output) => output.name);
      const replica = new WorkerReplica({ path: join(files.folder, files.path), threads, outputs }, options);
      await replica.start();
      return replica;
    },
  };
}

interface Pending {
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: SlipwayError) => void;
}

/**
 * One worker and the requests it holds. When the worker dies they are rejected with `model_failed` (one of them may be
 * why); until the next one is up, new requests are rejected with `not_ready`.
 */
class WorkerReplica implements Replica {
  readonly #setup: WorkerSetup;
  readonly #options: WorkerRuntimeOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #ready = false;
  #closed = false;
  #lastId = 0;
  /** Deaths since the last answer. */
  #deaths = 0;
  #restart: NodeJS.Timeout | undefined;

  constructor(setup: WorkerSetup, options: WorkerRuntimeOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  /** Resolves when the model is open; where it cannot be opened, no worker stays behind. */
  start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(script, { workerData: this.#setup, env: {}, execArgv: [] });
    this.#worker = worker;
    let reason = "it ended by itself";
    worker.on("error", (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") {
        this.#ready = true;
        resolve();
      } else if (message.kind === "unopened") {
        reject(new SlipwayError(message.error.code, message.error.message, message.error.details));
      } else this.#settle(message);
    });
    worker.on("exit", () => {
      const wasReady = this.#ready;
      this.#worker = null;
      this.#ready = false;
      reject(new SlipwayError("not_ready", `The worker thread of the model did not start: ${reason}.`));
      if (wasReady) this.#onDeath(reason);
    });
    return promise;
  }

  run(inputs: readonly Tensor[]): Promise<readonly Tensor[]> {
    if (this.#closed || !this.#ready || this.#worker === null)
      return Promise.reject(
        this.#closed
          ? new SlipwayError("not_ready", "This copy of the model is closed.")
          : new SlipwayError("not_ready", "The worker thread of the model is being restarted. Try again in a moment."),
      );
    const { promise, resolve, reject } = Promise.withResolvers<readonly Tensor[]>();
    const id = ++this.#lastId;
    this.#pending.set(id, { resolve, reject });
    const movable = toMovable(inputs);
    this.#worker.postMessage({ kind: "run", id, inputs: movable } satisfies ToWorker, toTransfer(movable));
    return promise;
  }

  /** Answers what is running first, however long it takes: native code cannot be interrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.once("exit", () => resolve());
    worker.postMessage({ kind: "close" } satisfies ToWorker);
    await promise;
  }

  #settle(message: Extract<FromWorker, { kind: "outputs" | "failed" }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    this.#deaths = 0;
    if (message.kind === "outputs") pending?.resolve(message.outputs);
    else pending?.reject(new SlipwayError(message.error.code, message.error.message, message.error.details));
  }

  #onDeath(reason: string): void {
    this.#rejectAll(
      new SlipwayError(
        "model_failed",
        `The worker thread of the model died while it ran: ${reason}. It is being restarted.`,
      ),
    );
    if (this.#closed) return;
    this.#options.onDeath?.(reason);
    this.#restartLater();
  }

  #restartLater(): void {
    const { backoffMs = 100, maxBackoffMs = 30_000 } = this.#options;
    const wait = Math.min(maxBackoffMs, backoffMs * 2 ** this.#deaths++);
    this.#restart = setTimeout(() => {
      this.start().catch(() => {
        if (!this.#closed) this.#restartLater();
      });
    }, wait);
  }

  #rejectAll(error: SlipwayError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
