import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { checkOrigin } from "../http/guard.ts";
import { Call } from "./call.ts";
import { SlipwayError } from "@slipway/contract";
import type { GrpcServices } from "./methods.ts";
import { runStream } from "./streaming.ts";
import { runUnary } from "./unary.ts";

export interface SessionsOptions {
  /** Most bytes of a message. */
  readonly bodyLimit: number;
  /** Longest time for a client to send a request. */
  readonly requestTimeoutMs: number;
  /** Refuse foreign hosts and origins: a server on loopback without tokens. */
  readonly loopbackOnly: boolean;
  readonly clock: Clock;
  readonly services: GrpcServices;
}

/** HTTP/2 connections whose streams are calls. */
export interface Sessions {
  accept(socket: Socket): void;
  /** Takes no new calls; resolves when those under way are answered and every connection is closed. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  destroy(): void;
}

const MiB = 1024 * 1024;
const sweepMs = 1_000;
const settings = { initialWindowSize: MiB, maxConcurrentStreams: 1024, maxHeaderListSize: 64 * 1024 };

export function createSessions(options: SessionsOptions): Sessions {
  const { clock, services, bodyLimit, requestTimeoutMs } = options;
  const sessions = new Set<ServerHttp2Session>();
  /** Connections that have not said yet that they speak HTTP/2, and calls whose request has not come whole. */
  const unproven = new Map<ServerHttp2Session, number>();
  const receiving = new Set<Call>();
  const drains = new Set<() => void>();
  let idle: (() => void) | null = null;
  let draining = false;
  const stopSweeping = clock.every(sweepMs, sweep);

  function sweep(): void {
    const before = clock.monotonic() - requestTimeoutMs;
    for (const [session, since] of unproven) if (since < before) session.destroy();
    for (const call of receiving)
      if (call.startedAt < before)
        call.fail(
          new SlipwayError("deadline_exceeded", `The request did not come whole within ${requestTimeoutMs} ms.`),
        );
  }

  function accept(socket: Socket): void {
    socket.setNoDelay(true);
    const session = performServerHandshake(socket, { settings, maxSessionMemory: 256 });
    session.setLocalWindowSize(16 * MiB);
    sessions.add(session);
    unproven.set(session, clock.monotonic());
    session.once("remoteSettings", () => unproven.delete(session));
    session.on("error", () => session.destroy());
    session.once("close", () => {
      sessions.delete(session);
      unproven.delete(session);
      if (sessions.size === 0) idle?.();
    });
    session.on("stream", onStream);
    if (draining) session.close();
  }

  function onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on("error", () => stream.destroy());
    const refused = findRefusal(headers);
    if (refused !== null) return stream.respond({ ":status": refused }, { endStream: true });
    let call: Call;
    try {
      call = new Call(stream, headers, options);
    } catch (error) {
      // Its headers are beyond understanding; a call without them tells of it.
      return new Call(stream, { ":path": headers[":path"] ?? "" }, options).fail(error);
    }
    try {
      if (options.loopbackOnly) checkOrigin({ host: headers[":authority"] ?? headers.host, origin: headers.origin });
      const method = services.methods.get(call.path);
      if (method === undefined)
        throw new SlipwayError(
          "unimplemented",
          `There is no method ${call.path} here; reflection lists what there is.`,
        );
      if (method.kind === "unary") {
        receiving.add(call);
        stream.once("end", () => receiving.delete(call));
        stream.once("close", () => receiving.delete(call));
        return runUnary(call, method, bodyLimit);
      }
      const drain = runStream(call, method, bodyLimit);
      drains.add(drain);
      stream.once("close", () => drains.delete(drain));
      if (draining) drain();
    } catch (error) {
      call.fail(error);
    }
  }

  return {
    accept,
    async drain() {
      draining = true;
      for (const session of sessions) session.close();
      for (const drain of drains) drain();
      if (sessions.size > 0) await new Promise<void>((resolve) => (idle = resolve));
      stopSweeping();
    },
    destroy() {
      stopSweeping();
      for (const session of sessions) session.destroy(undefined, constants.NGHTTP2_CANCEL);
    },
  };
}

/** The HTTP status of what is no gRPC; null where it is. */
function findRefusal(headers: IncomingHttpHeaders): number | null {
  if (headers[":method"] !== "POST") return 405;
  return headers["content-type"]?.startsWith("application/grpc") === true ? null : 415;
}
