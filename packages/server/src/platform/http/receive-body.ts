import { SlipwayError } from "@slipway/contract";
import type { FastifyRequest } from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { inflateBody } from "./inflate-body.ts";

export interface ReceiveOptions {
  /** Most bytes, as they are sent and as they are once they are inflated. */
  readonly limit: number;
  /** The offset in a body whose byte is to lie at a multiple of 8 in memory, so that numbers behind it can be read where they are. */
  readonly alignAt: (headers: IncomingHttpHeaders) => number;
}

type Done = (error: Error | null, body?: Buffer) => void;

/** Hands over the whole body as bytes, inflated where it came with a content coding. A body in one piece is not copied. */
export function createReceiveBody({ limit, alignAt }: ReceiveOptions) {
  return function receiveBody({ headers }: FastifyRequest, payload: Readable, done: Done): void {
    if (Number(headers["content-length"]) > limit) return done(tooLarge(limit));
    const chunks: Buffer[] = [];
    let received = 0;

    function stop(): void {
      payload.off("data", onData).off("end", onEnd).off("error", onError);
    }
    function onData(chunk: Buffer): void {
      received += chunk.length;
      if (received <= limit) return void chunks.push(chunk);
      stop();
      done(tooLarge(limit));
    }
    /** The connection is lost. */
    function onError(): void {
      stop();
      done(new SlipwayError("cancelled", "The caller went away before the body was whole."));
    }
    function onEnd(): void {
      stop();
      const coding = headers["content-encoding"];
      if (coding === undefined || coding === "" || coding === "identity")
        return done(null, join(chunks, received, alignAt(headers)));
      inflateBody(join(chunks, received, 0), coding, limit).then((body) => done(null, body), done);
    }
    payload.on("data", onData).on("end", onEnd).on("error", onError);
  };
}

function join(chunks: readonly Buffer[], length: number, alignAt: number): Buffer {
  if (chunks.length === 1) return chunks[0]!;
  // What a caller says may be anything.
  const pad = Number.isSafeInteger(alignAt) && alignAt > 0 ? (8 - (alignAt % 8)) % 8 : 0;
  const all = Buffer.allocUnsafeSlow(pad + length);
  let at = pad;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return pad === 0 ? all : all.subarray(pad);
}

function tooLarge(limit: number): SlipwayError {
  return new SlipwayError(
    "too_large",
    `The body is too large: longer than ${limit} bytes, the most that is taken (--body-limit).`,
    {
      expected: limit,
    },
  );
}
