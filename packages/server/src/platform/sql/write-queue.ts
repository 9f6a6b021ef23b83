import { SqlError } from "./sql-error.ts";
import type { TaskCall } from "./task.ts";
import { unpackError, type TaskError } from "./task-error.ts";

export type TaskOutcome = { readonly output: unknown } | { readonly error: TaskError };

interface Waiting {
  readonly call: TaskCall;
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** In one transaction, so that one slow disk does not wait for a thousand of them. */
const mostTogether = 256;
const mostAttempts = 3;

/**
 * Writes that come while another commits wait together and share the next commit: without a delay where nobody waits, and
 * with one sync of the disk for all where many do.
 */
export class WriteQueue {
  readonly #run: (calls: readonly TaskCall[]) => Promise<readonly TaskOutcome[]>;
  readonly #acquire: () => Promise<() => void>;
  #waiting: Waiting[] = [];
  #isPumping = false;

  constructor(deps: {
    /** Runs them in one transaction; rejects where nothing of it is committed. */
    run(calls: readonly TaskCall[]): Promise<readonly TaskOutcome[]>;
    /** Resolves when the writer is free, with the function that frees it again. */
    acquire(): Promise<() => void>;
  }) {
    this.#run = deps.run;
    this.#acquire = deps.acquire;
  }

  push(call: TaskCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      if (!this.#isPumping) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#waiting.length > 0) {
      const release = await this.#acquire();
      const together = this.#waiting.splice(0, mostTogether);
      try {
        const outcomes = await this.#commit(together.map(({ call }) => call));
        for (const [index, { resolve, reject }] of together.entries()) {
          const outcome = outcomes[index]!;
          if ("output" in outcome) resolve(outcome.output);
          else reject(unpackError(outcome.error));
        }
      } catch (error) {
        for (const { reject } of together) reject(error as Error);
      } finally {
        release();
      }
    }
    this.#isPumping = false;
  }

  async #commit(calls: readonly TaskCall[]): Promise<readonly TaskOutcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#run(calls);
      } catch (error) {
        if (attempt === mostAttempts || !(error instanceof SqlError && error.kind === "busy")) throw error;
      }
    }
  }
}
