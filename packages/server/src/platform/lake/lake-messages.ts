import type { ErrorCode, ErrorDetails } from "@slipway/contract/errors";

/** What DuckDB may use in the child; the parent watches the resident memory of the whole child beside it. */
export interface DuckDbLimits {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Of this task alone; made and removed by the child, and by the parent where the child was killed. */
  readonly folder: string;
}

/** To the child: one `task` at a time, and the answers to what it asked. */
export type ToChild =
  | { readonly kind: "task"; readonly module: string; readonly input: unknown; readonly limits: DuckDbLimits }
  | { readonly kind: "answer"; readonly call: number; readonly answer: unknown };

/** From the child: `ready` once; then, of each task, any number of `progress` and `ask`, and one of the others. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly progress: unknown }
  | { readonly kind: "ask"; readonly call: number; readonly question: unknown }
  | { readonly kind: "result"; readonly result: unknown }
  | {
      readonly kind: "error";
      readonly message: string;
      readonly sql: boolean;
      readonly code: ErrorCode | null;
      readonly details: ErrorDetails;
    };
