import { Worker } from "node:worker_threads";
import { SlipwayError } from "@slipway/contract";
import { SqlError, sqliteErrorKind } from "./sql-error.ts";
import type { SqlValue } from "./sql-value.ts";
import type { TaskCall } from "./task.ts";
import { unpackError } from "./task-error.ts";
import type { TaskOutcome } from "./write-queue.ts";
import type { StatementResult, WorkerAnswer, WorkerOptions, WorkerRequest } from "./sqlite-messages.ts";

interface Waiting {
  readonly sql: string;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const script = new URL("./sqlite-worker" + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url);

/** The near side of one SQLite thread. It keeps the process alive only while a statement runs. */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone = Promise.withResolvers<void>();
  #nextId = 1;
  #closing = false;
  #failure: Error | null = null;

  constructor(options: WorkerOptions) {
    this.#worker = new Worker(script, {
      workerData: options,
      name: options.readOnly ? "sql-reader" : "sql-writer",
      // Flags of the main thread, such as --eval's, would stop the thread from starting.
      execArgv: [],
    });
    this.#worker.on("message", (answer: WorkerAnswer) => this.#take(answer));
    this.#worker.on("error", (error) =>
      this.#fail(new Error(`The SQL thread failed: ${String(error)}`, { cause: error })),
    );
    this.#worker.on("exit", () => {
      this.#fail(new SlipwayError("shutting_down", "The database is closed because the server is shutting down."));
      this.#gone.resolve();
    });
    this.#worker.unref();
  }

  /** True while an answer is awaited. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** True where it was closed or failed. */
  get isGone(): boolean {
    return this.#failure !== null;
  }

  run(sql: string, parameters: readonly SqlValue[]): Promise<StatementResult> {
    return this.#send((id) => ({ id, sql, parameters }), sql) as Promise<StatementResult>;
  }

  /** In one snapshot. */
  read(call: TaskCall): Promise<unknown> {
    return this.#send((id) => ({ id, read: call }), call.name);
  }

  /** In one transaction; the caller has the writer to itself. */
  write(calls: readonly TaskCall[]): Promise<readonly TaskOutcome[]> {
    return this.#send((id) => ({ id, write: calls }), "tasks") as Promise<readonly TaskOutcome[]>;
  }

  /** Closes the database and ends the thread, after what was sent before. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#failure === null) await this.#send((id) => ({ id, close: true }), "close").catch(() => {});
    await this.#gone.promise;
  }

  #send(make: (id: number) => WorkerRequest, sql: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = this.#nextId++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { sql, resolve, reject });
      try {
        this.#worker.postMessage(make(id));
      } catch (error) {
        this.#forget(id);
        reject(error);
      }
    });
  }

  #take(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#forget(answer.id);
    if ("result" in answer) waiting.resolve(answer.result);
    else if ("output" in answer) waiting.resolve(answer.output);
    else if ("outcomes" in answer) waiting.resolve(answer.outcomes);
    else if ("failure" in answer) waiting.reject(unpackError(answer.failure));
    else waiting.reject(new SqlError(sqliteErrorKind(answer.error.errcode), answer.error.message, waiting.sql));
  }

  #forget(id: number): void {
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}
