import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createEvents } from "../../kernel/events.ts";
import type { Events } from "../../kernel/events.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { advance, isFinished, withProgress } from "./operation.ts";
import type { Operation, OperationError, OperationEvent, Progress } from "./operation.ts";
import { OperationWriter } from "./operation-writer.ts";
import type { OperationStore } from "./store.ts";

export interface LiveDeps {
  readonly store: OperationStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const interruption: OperationError = {
  code: "interrupted",
  message: "The server stopped while this ran. Start it again.",
  details: {},
};

const cancellation: OperationError = { code: "cancelled", message: "Cancelled by the caller.", details: {} };

/** One operation of this process, from its start until its end is written. */
export class LiveOperation {
  readonly #deps: LiveDeps;
  readonly #writer: OperationWriter;
  readonly #changes: Events<Operation>;
  readonly #controller = new AbortController();
  /** What is so; others see it once it is written. */
  #decided: Operation;
  #visible: Operation;

  constructor(operation: Operation, deps: LiveDeps) {
    this.#deps = deps;
    this.#writer = new OperationWriter(deps);
    this.#changes = createEvents((error) =>
      deps.logger.error({ operation: operation.id, error }, "A listener of an operation failed."),
    );
    this.#decided = operation;
    this.#visible = operation;
  }

  get operation(): Operation {
    return this.#visible;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isQueued(): boolean {
    return this.#decided.state === "queued";
  }

  get isFinished(): boolean {
    return isFinished(this.#decided.state);
  }

  insert(): Promise<void> {
    return this.#writer.insert(this.#decided);
  }

  watch(listener: (operation: Operation) => void): () => void {
    const stop = this.#changes.on(listener);
    listener(this.#visible);
    return stop;
  }

  progress(progress: Progress): void {
    if (this.isFinished) return;
    this.#decided = withProgress(this.#decided, progress, this.#deps.clock.now());
    this.#show();
    this.#writer.soon(this.#decided);
  }

  async started(): Promise<void> {
    this.#decide("start", {});
    this.#show();
    await this.#writer.now(this.#decided);
  }

  /** Does nothing where it is finished already: a run that outlives its interruption changes nothing. */
  async succeeded(result: object): Promise<void> {
    if (!this.isFinished) await this.#finish("succeed", { result });
  }

  async failed(error: unknown): Promise<void> {
    if (this.isFinished) return;
    if (this.signal.aborted) await this.#finish("cancel", { error: cancellation });
    else await this.#finish("fail", { error: this.#explain(error) });
  }

  /** Asks the work to end; where it has not begun, that is the end. */
  async cancel(): Promise<void> {
    if (this.isFinished) return;
    this.#controller.abort(new SlipwayError(cancellation.code, cancellation.message));
    if (this.isQueued) await this.#finish("cancel", { error: cancellation });
  }

  async interrupt(): Promise<void> {
    if (this.isFinished) return;
    const finished = this.#finish("fail", { error: interruption });
    this.#controller.abort(new SlipwayError(interruption.code, interruption.message));
    await finished;
  }

  async #finish(event: OperationEvent, outcome: { result?: object; error?: OperationError }): Promise<void> {
    this.#decide(event, outcome);
    await this.#writer.now(this.#decided);
    this.#show();
  }

  #decide(event: OperationEvent, outcome: { result?: object; error?: OperationError }): void {
    this.#decided = advance(this.#decided, event, { at: this.#deps.clock.now(), ...outcome });
  }

  #show(): void {
    this.#visible = this.#decided;
    this.#changes.emit(this.#visible);
  }

  #explain(error: unknown): OperationError {
    if (SlipwayError.is(error)) return { code: error.code, message: error.message, details: error.details };
    const errorId = createId();
    const { id, kind, subject } = this.#decided;
    this.#deps.logger.error(
      { operation: id, kind, subject, error_id: errorId, error },
      "An operation failed inside the server.",
    );
    const message = `Something went wrong inside the server. Its log tells more under ${errorId}.`;
    return { code: "internal", message, details: { error_id: errorId } };
  }
}
