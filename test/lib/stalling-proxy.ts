import { createServer, connect, type Socket } from "node:net";

export interface StallingProxy {
  readonly url: string;
  /** Resolves when so many bytes came from the server; nothing more is taken from it then. */
  readonly stalled: Promise<void>;
  close(): void;
}

/** Stands between a client and a server and stops reading from the server after some bytes, so that an answer stays unfinished. */
export async function startStallingProxy(port: number, afterBytes: number): Promise<StallingProxy> {
  const { promise: stalled, resolve } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    let bytes = 0;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
    client.pipe(server);
    server.on("data", (chunk: Buffer) => {
      client.write(chunk);
      bytes += chunk.length;
      if (bytes < afterBytes) return;
      server.pause();
      resolve();
    });
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const address = proxy.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    stalled,
    close() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
