import { constants, performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { createCalls, type CallsOptions } from "./calls.ts";

export type SessionsOptions = CallsOptions;

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
  const { clock, requestTimeoutMs } = options;
  const calls = createCalls(options);
  const sessions = new Set<ServerHttp2Session>();
  /** Those that have not said yet that they speak HTTP/2, and since when. */
  const unproven = new Map<ServerHttp2Session, number>();
  let idle: (() => void) | null = null;
  let draining = false;
  const stopSweeping = clock.every(sweepMs, () => {
    calls.sweep();
    const before = clock.monotonic() - requestTimeoutMs;
    for (const [session, since] of unproven) if (since < before) session.destroy();
  });

  return {
    accept(socket) {
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
      session.on("stream", calls.open);
      if (draining) session.close();
    },
    async drain() {
      draining = true;
      for (const session of sessions) session.close();
      calls.drain();
      if (sessions.size > 0) await new Promise<void>((resolve) => (idle = resolve));
      stopSweeping();
    },
    destroy() {
      stopSweeping();
      for (const session of sessions) session.destroy(undefined, constants.NGHTTP2_CANCEL);
    },
  };
}
