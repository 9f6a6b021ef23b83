import type { Offset } from "@slipway/runtime/log";
import type { Cell, Plan } from "./counts.ts";

export interface CounterSetup {
  /** Of the prediction log. */
  readonly folder: string;
  /** Upper edges of the latency buckets, milliseconds. */
  readonly edges: readonly number[];
}

export interface CountOrder {
  readonly after: readonly Offset[];
  readonly plans: readonly Plan[];
}

/** One stretch of the log. */
export interface Counted {
  /** Behind it. */
  readonly offsets: readonly Offset[];
  readonly cells: readonly Cell[];
  /** There is more: ask again with these offsets. */
  readonly more: boolean;
  /** Records that could not be read and were passed over. */
  readonly damaged: number;
}

export type FromCounter = { readonly counted: Counted } | { readonly error: string };
