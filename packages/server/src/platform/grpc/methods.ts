import type { IncomingHttpHeaders } from "node:http2";
import type { GrpcFailure } from "./status.ts";

/** Pieces of a message, its head of five bytes included. */
export type Frame = readonly Buffer[];

/** One call of a method, to those who answer it. */
export interface GrpcCall {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds until the caller gives up, less than 0 where it did; null: it waits for ever. */
  timeLeft(): number | null;
  /** Calls back once, should the caller go away before the end; answers with what takes that back. */
  onGone(gone: () => void): () => void;
  /** Metadata that goes with the status. */
  readonly trailers: Record<string, string>;
  /** Who calls, as far as `admit` found out. */
  user: string | null;
}

export interface GrpcStreamCall extends GrpcCall {
  /** False: enough is waiting to be sent; `onRoom` of the handler says when there is room again. */
  send(frame: Frame): boolean;
  /** Ends the call: answered where no error is given. */
  finish(error?: unknown): void;
  /** No more messages until `resume`, but those that came already. */
  pause(): void;
  resume(): void;
}

/** What becomes of the messages of a stream. */
export interface StreamHandler {
  message(bytes: Buffer): void;
  /** The caller sends no more. */
  end(): void;
  /** The server wants to stop: finish as soon as what came is answered. */
  drain(): void;
  /** What was sent has left. */
  onRoom(): void;
}

interface Method {
  /** Lets a call in, before its body is read. @throws SlipwayError */
  admit(call: GrpcCall): void | Promise<void>;
}

export interface UnaryMethod extends Method {
  readonly kind: "unary";
  answer(call: GrpcCall, message: Buffer): Promise<Frame>;
}

export interface StreamMethod extends Method {
  readonly kind: "stream";
  open(call: GrpcStreamCall): StreamHandler;
}

/** Everything that is served, and how errors are told. */
export interface GrpcServices {
  readonly methods: ReadonlyMap<string, UnaryMethod | StreamMethod>;
  toFailure(thrown: unknown): GrpcFailure;
}
