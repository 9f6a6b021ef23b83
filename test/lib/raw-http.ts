import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly text: string;
  /** Milliseconds until the server ended the connection, or until the whole answer was there. */
  readonly tookMs: number;
}

/**
 * Bytes over a socket, for requests that no client library sends: a foreign Host, headers that never end. Resolves when the
 * server closes the connection or has answered; `pieces` are sent one after the other, `pauseMs` apart.
 */
export function sendRaw(
  port: number,
  pieces: readonly string[],
  { pauseMs = 0, timeoutMs = 60_000 }: { pauseMs?: number; timeoutMs?: number } = {},
): Promise<RawAnswer> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1");
    let text = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
        text,
        tookMs: performance.now() - startedAt,
      });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`The server neither answered nor hung up within ${timeoutMs} ms; it said ${JSON.stringify(text)}.`),
      );
    }, timeoutMs);
    socket.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      const [head = "", body] = text.split("\r\n\r\n");
      const length = /^content-length: (\d+)/im.exec(head)?.[1];
      if (body !== undefined && length !== undefined && Buffer.byteLength(body) >= Number(length)) end();
    });
    socket.on("close", end);
    // The server may hang up while pieces are still to be sent; what it said tells.
    socket.on("error", () => undefined);
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
    })();
  });
}
