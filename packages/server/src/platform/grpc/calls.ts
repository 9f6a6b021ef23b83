import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { checkOrigin } from "../http/guard.ts";
import { Call } from "./call.ts";
import type { GrpcServices } from "./methods.ts";
import { runStream } from "./streaming.ts";
import { runUnary } from "./unary.ts";

export interface CallsOptions {
  /** Most bytes of a message. */
  readonly bodyLimit: number;
  /** Longest time for a client to send a request. */
  readonly requestTimeoutMs: number;
  /** Refuse foreign hosts and origins: a server on loopback without tokens. */
  readonly loopbackOnly: boolean;
  readonly clock: Clock;
  readonly services: GrpcServices;
}

/** HTTP/2 streams as calls of the methods that there are. */
export interface Calls {
  open(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /** Ends calls whose request takes too long to come. */
  sweep(): void;
  /** Tells those who answer streams that the server wants to stop. */
  drain(): void;
}

export function createCalls(options: CallsOptions): Calls {
  const { clock, services, bodyLimit, requestTimeoutMs } = options;
  /** Whose request has not come whole. */
  const receiving = new Set<Call>();
  const drains = new Set<() => void>();
  let draining = false;

  function run(call: Call): void {
    const { stream, headers } = call;
    if (options.loopbackOnly) checkOrigin({ host: headers[":authority"] ?? headers.host, origin: headers.origin });
    const method = services.methods.get(call.path);
    if (method === undefined)
      throw new SlipwayError("unimplemented", `There is no method ${call.path} here; reflection lists what there is.`);
    if (method.kind === "unary") {
      receiving.add(call);
      const received = () => receiving.delete(call);
      stream.once("end", received).once("close", received);
      return runUnary(call, method, bodyLimit);
    }
    const drain = runStream(call, method, bodyLimit);
    drains.add(drain);
    stream.once("close", () => drains.delete(drain));
    if (draining) drain();
  }

  return {
    open(stream, headers) {
      stream.on("error", () => stream.destroy());
      const refused = findRefusal(headers);
      if (refused !== null) return stream.respond({ ":status": refused }, { endStream: true });
      let call: Call | null = null;
      try {
        call = new Call(stream, headers, options);
        run(call);
      } catch (error) {
        // Where its headers are beyond understanding, a call without them tells of it.
        call ??= new Call(stream, { ":path": headers[":path"] ?? "" }, options);
        call.fail(error);
      }
    },
    sweep() {
      const before = clock.monotonic() - requestTimeoutMs;
      for (const call of receiving)
        if (call.startedAt < before)
          call.fail(
            new SlipwayError("deadline_exceeded", `The request did not come whole within ${requestTimeoutMs} ms.`),
          );
    },
    drain() {
      draining = true;
      for (const drain of drains) drain();
    },
  };
}

/** The HTTP status of what is no gRPC; null where it is. */
function findRefusal(headers: IncomingHttpHeaders): number | null {
  if (headers[":method"] !== "POST") return 405;
  return headers["content-type"]?.startsWith("application/grpc") === true ? null : 415;
}
