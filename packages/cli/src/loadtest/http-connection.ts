import { connect, type Socket } from "node:net";

/**
 * One kept-alive connection that carries one request at a time, with as little work as HTTP/1.1 allows, so that the load
 * takes less CPU than what it measures. Understands content-length and chunked bodies.
 */
export interface HttpConnection {
  /** Sends bytes that are one whole request. Not while another is under way. */
  send(request: Buffer): void;
  close(): void;
}

/** The answer's status, or the code of the error that ended the connection. */
export type Outcome = number | string;

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

export function openConnection(
  target: { readonly host: string; readonly port: number },
  onAnswer: (connection: HttpConnection, outcome: Outcome) => void,
): HttpConnection {
  let socket: Socket | null = null;
  let pending: Buffer | null = null;
  let busy = false;
  const finish = (outcome: Outcome): void => {
    pending = null;
    if (!busy) return;
    busy = false;
    onAnswer(connection, outcome);
  };
  const open = (): Socket => {
    const mine = connect(target);
    mine.setNoDelay(true);
    mine.on("data", (chunk: Buffer) => {
      pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
      const status = readStatus(pending);
      if (status !== null) finish(status);
    });
    // The next request opens a new one: an idle connection that was lost is no fault of the server.
    const lost = (why: string): void => {
      if (mine !== socket) return;
      socket = null;
      finish(why);
    };
    mine.on("error", (error: NodeJS.ErrnoException) => lost(error.code ?? "error"));
    mine.on("close", () => lost("closed"));
    return mine;
  };
  const connection: HttpConnection = {
    send(request) {
      busy = true;
      socket ??= open();
      socket.write(request);
    },
    close() {
      busy = false;
      socket?.destroy();
      socket = null;
    },
  };
  socket = open();
  return connection;
}

/** The status of a whole answer, or null while it is incomplete. */
export function readStatus(bytes: Buffer): number | null {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return null;
  const head = bytes.toString("latin1", 0, end);
  const body = end + headEnd.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const whole =
    length !== undefined
      ? bytes.length >= body + Number(length)
      : !/\r\ntransfer-encoding: *chunked/i.test(head) || bytes.subarray(body).indexOf(lastChunk) >= 0;
  return whole ? Number(head.slice(9, 12)) : null;
}

export interface RequestSpec {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON where the headers name no other type. */
  readonly body?: string | Uint8Array;
}

/** The bytes of one request. */
export function toRequestBytes(host: string, { method, path, headers = {}, body }: RequestSpec): Buffer {
  const content =
    body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host, ...content, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`),
    typeof body === "string" ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
  ]);
}
