import type { Signature, Tensor, Tolerance } from "@slipway/runtime";
import type { Refusal } from "./reasons.ts";
import type { ReplayTally } from "./tally.ts";

/** Which predictions are run again: one request (or one row of it), or what an endpoint answered, newest first. */
export type ReplaySelection =
  | { readonly id: string; readonly row: number | null }
  | {
      readonly endpoint: string;
      readonly since?: number | undefined;
      readonly until?: number | undefined;
      /** Only those that failed or were answered by a fallback. */
      readonly errors?: boolean | undefined;
      /** Of predictions, which are rows. */
      readonly limit: number;
    };

export interface ReplaySetup {
  /** Of the log. */
  readonly folder: string;
  readonly selection: ReplaySelection;
  readonly tolerance: Tolerance;
}

/** A request on record that can be run again. */
export interface ReplayRequest {
  /** To name it by in the following calls. */
  readonly index: number;
  readonly id: string;
  /** Rows that are compared. */
  readonly count: number;
  /** What the rows that are run are called, in their order: `ID`, or `ID/i` of a request of many. */
  readonly names: readonly string[];
  readonly model: string;
  readonly version: number;
  readonly digest: string | null;
}

/** A version as requests are run on it. */
export interface ReplayTarget {
  readonly signature: Signature;
  /** Of the version that answered; null where nobody knows it. The same object as `signature`: it is that version. */
  readonly recorded: Signature | null;
}

export interface ReplayPage {
  readonly requests: readonly ReplayRequest[];
  /** Predictions that this page has told of and that are in the tally already. */
  readonly settled: number;
  readonly last: boolean;
}

export interface ReplayInputs {
  readonly tensors: readonly Tensor[];
  readonly rows: number;
}

/** The calls of the thread, each with its answer. */
export interface ReplayCalls {
  readonly page: { readonly input: null; readonly output: ReplayPage };
  /** Targets are told once and named by a number from then on. */
  readonly target: { readonly input: ReplayTarget & { readonly own: boolean }; readonly output: number };
  /** Null: they do not fit, which is in the tally. */
  readonly inputs: {
    readonly input: { readonly index: number; readonly target: number };
    readonly output: ReplayInputs | null;
  };
  readonly outputs: {
    readonly input: { readonly index: number; readonly outputs: readonly Tensor[] };
    readonly output: null;
  };
  /** Settled without being compared with what is on record. */
  readonly done: { readonly input: { readonly index: number }; readonly output: null };
  readonly refuse: { readonly input: Refusal & { readonly index: number }; readonly output: null };
  readonly result: { readonly input: null; readonly output: ReplayFound };
}

export interface ReplayFound extends ReplayTally {
  /** True where there are more predictions than the limit. */
  readonly limited: boolean;
}

export type CallName = keyof ReplayCalls;

export interface ToThread<Name extends CallName = CallName> {
  readonly call: number;
  readonly name: Name;
  readonly input: ReplayCalls[Name]["input"];
}

export interface FromThread {
  readonly call: number;
  readonly output: ReplayCalls[CallName]["output"];
  readonly error: string | null;
}
