import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Operation } from "./operation.ts";
import type { OperationStore } from "./store.ts";

/** Progress is written at most four times a second. */
const progressIntervalMs = 250;

interface WriterDeps {
  readonly store: OperationStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes one operation: its writes are in order, changes of state at once, progress throttled with the last one kept. */
export class OperationWriter {
  readonly #deps: WriterDeps;
  #tail: Promise<unknown> = Promise.resolve();
  #writtenAt = Number.NEGATIVE_INFINITY;
  #pending: Operation | null = null;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  insert(operation: Operation): Promise<void> {
    const inserted = this.#deps.store.insert(operation);
    this.#tail = inserted.catch(() => {});
    return inserted;
  }

  /** False where it could not be written; the trouble is in the log. */
  now(operation: Operation): Promise<boolean> {
    this.#pending = null;
    this.#writtenAt = this.#deps.clock.monotonic();
    const written = this.#tail
      .then(() => this.#deps.store.update(operation))
      .then(
        () => true,
        (error: unknown) => {
          this.#deps.logger.error(
            { operation: operation.id, error },
            "The state of an operation could not be written.",
          );
          return false;
        },
      );
    this.#tail = written;
    return written;
  }

  soon(operation: Operation): void {
    const isScheduled = this.#pending !== null;
    this.#pending = operation;
    if (isScheduled) return;
    const { clock } = this.#deps;
    const waitMs = this.#writtenAt + progressIntervalMs - clock.monotonic();
    if (waitMs <= 0) void this.now(operation);
    else
      void clock.sleep(waitMs).then(() => {
        if (this.#pending) void this.now(this.#pending);
      });
  }
}
