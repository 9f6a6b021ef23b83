import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Logger } from "../../kernel/logger.ts";
import type { GrpcServices } from "./methods.ts";
import type { Sessions, SessionsOptions } from "./sessions.ts";

export interface GrpcOptions extends Omit<SessionsOptions, "services"> {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly logger: Logger;
  /** Called at the first connection: until then nothing of gRPC is in memory. */
  loadServices(): Promise<GrpcServices>;
}

export interface GrpcListener {
  readonly port: number;
  /** Takes no more calls, begins now; resolves when those under way are answered. */
  drain(): Promise<void>;
  destroy(): void;
}

/** Takes gRPC on a port of its own. @throws the error of the system where it cannot be had */
export async function listenGrpc(options: GrpcOptions): Promise<GrpcListener> {
  const { host, port, tls, logger } = options;
  let sessions: Promise<Sessions> | null = null;
  let drained: Promise<void> | null = null;
  const waiting = new Set<Socket>();

  async function load(): Promise<Sessions> {
    const [{ createSessions }, services] = await Promise.all([import("./sessions.ts"), options.loadServices()]);
    return createSessions({ ...options, services });
  }
  function accept(socket: Socket): void {
    // A connection that breaks is no event; calls on it learn of it from their streams.
    socket.on("error", () => socket.destroy());
    if (drained !== null) return void socket.destroy();
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    sessions ??= load();
    sessions.then(
      (ready) => {
        if (!waiting.delete(socket) || socket.destroyed) return;
        ready.accept(socket);
      },
      (error: unknown) => {
        logger.error({ error }, "gRPC cannot be loaded");
        socket.destroy();
      },
    );
  }

  const server = await openServer(tls, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: host.replace(/^\[|\]$/g, ""), port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error) => logger.error({ error }, "the gRPC port failed"));

  return {
    port: (server.address() as AddressInfo).port,
    drain: () =>
      (drained ??= (async () => {
        server.close();
        for (const socket of waiting) socket.destroy();
        const ready = await sessions?.catch(() => null);
        await ready?.drain();
      })()),
    destroy() {
      server.close();
      for (const socket of waiting) socket.destroy();
      void sessions?.then((ready) => ready.destroy()).catch(() => {});
    },
  };
}

async function openServer(tls: GrpcOptions["tls"], accept: (socket: Socket) => void): Promise<Server> {
  if (tls === null) return createServer({ noDelay: true }, accept);
  const { createServer: createTlsServer } = await import("node:tls");
  const [cert, key] = [readFileSync(tls.cert), readFileSync(tls.key)];
  const server = createTlsServer({ cert, key, ALPNProtocols: ["h2"], noDelay: true }, accept);
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}
