import { Worker } from "node:worker_threads";
import { SlipwayError } from "@slipway/contract";
import { SqlError, sqliteErrorKind } from "./sql-error.ts";
import type { SqlValue } from "./sql-value.ts";
import type { StatementResult, WorkerAnswer, WorkerOptions, WorkerRequest } from "./sqlite-worker.ts";

interface Waiting {
  readonly sql: string;
  resolve(result: StatementResult): void;
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
    return this.#send((id) => ({ id, sql, parameters }), sql);
  }

  /** Closes the database and ends the thread, after what was sent before. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#failure === null) await this.#send((id) => ({ id, close: true }), "close").catch(() => {});
    await this.#gone.promise;
  }

  #send(make: (id: number) => WorkerRequest, sql: string): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const id = this.#nextId++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { sql, resolve, reject });
      this.#worker.postMessage(make(id));
    });
  }

  #take(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
    if ("result" in answer) waiting.resolve(answer.result);
    else waiting.reject(new SqlError(sqliteErrorKind(answer.error.errcode), answer.error.message, waiting.sql));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}
