import type { ErrorCode, ErrorDetails } from "@slipway/contract/errors";

/** From the parent, once. */
export interface Task {
  /** URL of a module whose export `run(input, onProgress)` answers with the result. */
  readonly module: string;
  readonly input: unknown;
}

/** From the child: any number of `progress`, then one of the others. */
export type Report =
  | { readonly kind: "progress"; readonly progress: unknown }
  | { readonly kind: "result"; readonly result: unknown }
  | {
      readonly kind: "error";
      readonly message: string;
      /** Null where it was no SlipwayError. */
      readonly code: ErrorCode | null;
      readonly details: ErrorDetails;
    };
