import type { SlipwayError } from "@slipway/contract";
import type { Signature, Tensor } from "@slipway/runtime";
import type { Id } from "../kernel/ids.ts";
import type { LoadedVersion, RunResult } from "../serving/index.ts";
import type { Assignment } from "./divide.ts";
import type { ParsedRequest } from "./parsed-request.ts";
import type { Answering, Route } from "./snapshot.ts";

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
  /** Parses the body for a version: the one that will answer, and before it the champion where a field decides. @throws SlipwayError of kind `invalid` */
  readonly parse: (signature: Signature, extraFields: ReadonlySet<string>) => ParsedRequest;
  /** The answer as the protocol has it. Called before the record, which tells of an answer that cannot be rendered. @throws SlipwayError */
  readonly render: (answered: Answered) => Body;
  /** The body as it came, for the record of a request that does not parse. */
  readonly body: Uint8Array;
  readonly contentType: string;
  /** A header or gRPC metadata, by its name in lower case; null where there is none. */
  readonly header: (name: string) => string | null;
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
  /** Null: the traffic is not divided, or the caller named the version. */
  assignment: Assignment | null;
  /** Where its unit fell; null: no unit decided. */
  bucket: number | null;
  loaded: LoadedVersion | null;
  run: RunResult | null;
}

/** How a request ended. */
export interface Outcome {
  /** What answered; null where nothing was loaded. */
  readonly loaded: Answering | null;
  readonly version: number | null;
  readonly outputs: readonly Tensor[];
  readonly error: SlipwayError | null;
  readonly fallback: string | null;
}
