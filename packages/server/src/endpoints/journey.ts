import type { SlipwayError } from "@slipway/contract";
import type { ResolvedInputs, Signature, Tensor } from "@slipway/runtime";
import type { Id } from "../kernel/ids.ts";
import type { LoadedVersion, RunResult } from "../serving/index.ts";
import type { Route } from "./snapshot.ts";

/** A request as its protocol's face parsed it. */
export interface ParsedRequest {
  /** The inputs as they go on record: columns by name, or the packed tensor where the caller sent that. */
  readonly tensors: readonly Tensor[];
  /** The same as the model takes them, held to the signature. */
  readonly resolved: ResolvedInputs;
  /** Named record fields that are no inputs, of each row. */
  readonly extra?: readonly (Readonly<Record<string, unknown>> | null)[];
  /** The caller's id of the request. */
  readonly requestId?: string;
  /** The time that the request itself allows for its answer, milliseconds. */
  readonly timeoutMs?: number;
}

/** What answered, before it is on record. */
export interface Answered {
  readonly id: Id;
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly signature: Signature;
  readonly outputs: readonly Tensor[];
  readonly rows: number;
  readonly requestId: string | null;
  /** What answered instead and why; null: the version itself. */
  readonly fallback: string | null;
}

export interface InferCall<Body = unknown> {
  readonly endpoint: string;
  /** The version that the caller named; null is the endpoint's choice. */
  readonly version: number | null;
  readonly face: string;
  /** Parses the body for the version that will answer. Called once. @throws SlipwayError of kind `invalid` */
  readonly parse: (signature: Signature, extraFields: ReadonlySet<string>) => ParsedRequest;
  /** The answer as the protocol has it. Called before the record, which tells of an answer that cannot be rendered. @throws SlipwayError */
  readonly render: (answered: Answered) => Body;
  /** The body as it came, for the record of a request that does not parse. */
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly key: string | null;
  readonly traceparent: string | null;
  /** Calls back once, should the caller go away before the answer; answers with what takes that back. */
  readonly onGone: ((gone: () => void) => () => void) | null;
  readonly timeoutMs: number | null;
  readonly user: string | null;
}

/** One request on its way through; what is known when it ends goes on record. */
export interface Journey {
  readonly id: Id;
  readonly at: number;
  readonly startedAt: number;
  readonly call: InferCall;
  readonly route: Route;
  parsed: ParsedRequest | null;
  parsedAt: number;
  rows: number;
  inputs: readonly Tensor[];
  loaded: LoadedVersion | null;
  run: RunResult | null;
}

/** How a request ended. */
export interface Outcome {
  /** What answered; null where nothing was loaded. */
  readonly loaded: LoadedVersion | null;
  readonly version: number | null;
  readonly outputs: readonly Tensor[];
  readonly error: SlipwayError | null;
  readonly fallback: string | null;
}
