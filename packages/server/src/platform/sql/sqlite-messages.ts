import type { SqlValue } from "./sql-value.ts";
import type { TaskCall } from "./task.ts";
import type { TaskError } from "./task-error.ts";
import type { TaskOutcome } from "./write-queue.ts";

export interface WorkerOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
  /** Yields the processor to every other thread, where the system has a priority for each. */
  readonly background?: boolean;
}

export type WorkerRequest =
  | { readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly id: number; readonly read: TaskCall }
  | { readonly id: number; readonly write: readonly TaskCall[] }
  | { readonly id: number; readonly close: true };

export interface StatementResult {
  readonly rows: readonly unknown[];
  /** Rows that an INSERT, UPDATE or DELETE touched; 0 for everything else. */
  readonly changes: number;
}

export type WorkerAnswer =
  | { readonly id: number; readonly result: StatementResult }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly outcomes: readonly TaskOutcome[] }
  | { readonly id: number; readonly failure: TaskError }
  | { readonly id: number; readonly error: { readonly message: string; readonly errcode: number | undefined } };
