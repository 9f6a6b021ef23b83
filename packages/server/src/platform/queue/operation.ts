import type { ErrorCode, ErrorDetails } from "@slipway/contract";
import type { Id } from "../../kernel/ids.ts";

export type OperationState = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export type OperationEvent = "start" | "succeed" | "fail" | "cancel";

export interface OperationError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export interface ProgressEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stage: string;
  readonly message: string;
}

/** Long work with progress. An immutable picture of one moment. */
export interface Operation {
  readonly id: Id;
  /** What is done: `deploy`. */
  readonly kind: string;
  /** What it is done to; operations of one subject run one after the other. */
  readonly subject: string;
  readonly state: OperationState;
  /** The last progress; empty before there is any. */
  readonly stage: string;
  readonly message: string;
  /** 0 to 1 of the stage; null where it is not known. */
  readonly fraction: number | null;
  /** Set where it succeeded. JSON-safe. */
  readonly result: object | null;
  /** Set where it failed or was cancelled. */
  readonly error: OperationError | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly finishedAt: number | null;
  /** Each new stage or message, oldest first; at most 500, then the oldest are dropped. */
  readonly log: readonly ProgressEntry[];
}

const transitions: Readonly<Record<OperationState, Readonly<Record<OperationEvent, OperationState | null>>>> = {
  queued: { start: "running", succeed: null, fail: "failed", cancel: "cancelled" },
  running: { start: null, succeed: "succeeded", fail: "failed", cancel: "cancelled" },
  succeeded: { start: null, succeed: null, fail: null, cancel: null },
  failed: { start: null, succeed: null, fail: null, cancel: null },
  cancelled: { start: null, succeed: null, fail: null, cancel: null },
};

/** The state after the event; null where the event cannot happen in this state. */
export function nextState(state: OperationState, event: OperationEvent): OperationState | null {
  return transitions[state][event];
}

export function isFinished(state: OperationState): boolean {
  return Object.values(transitions[state]).every((next) => next === null);
}

const maxLog = 500;

export interface Progress {
  readonly stage: string;
  readonly message: string;
  readonly fraction: number | null;
}

/** The operation with this progress; the log grows where the stage or the message is new. */
export function withProgress(operation: Operation, progress: Progress, at: number): Operation {
  const { stage, message } = progress;
  const fraction = progress.fraction === null ? null : Math.min(1, Math.max(0, progress.fraction || 0));
  const isNew = stage !== operation.stage || message !== operation.message || operation.log.length === 0;
  const log = isNew ? [...operation.log, { at, stage, message }].slice(-maxLog) : operation.log;
  return { ...operation, stage, message, fraction, updatedAt: at, log };
}

/** The operation after the event. @throws Error where the event cannot happen in its state */
export function advance(
  operation: Operation,
  event: OperationEvent,
  outcome: { readonly at: number; readonly result?: object; readonly error?: OperationError },
): Operation {
  const state = nextState(operation.state, event);
  if (state === null) throw new Error(`An operation that is ${operation.state} cannot ${event}.`);
  return {
    ...operation,
    state,
    result: outcome.result ?? null,
    error: outcome.error ?? null,
    fraction: state === "succeeded" ? 1 : operation.fraction,
    updatedAt: outcome.at,
    finishedAt: isFinished(state) ? outcome.at : null,
  };
}
