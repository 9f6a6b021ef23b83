import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createAnswerParser } from "./answer-parser.ts";

/**
 * One kept-alive connection that carries one request at a time, with as little work as HTTP/1.1 allows, so that the load
 * takes less CPU than what it measures.
 */
export interface HttpConnection {
  /** Sends bytes that are one whole request. Not while another is under way. */
  send(request: Uint8Array): void;
  close(): void;
}

/** The answer's status, or the code of the error that ended the connection. */
export type Outcome = number | string;

/** `refusal`: the first bytes of an answer that is no success. */
export type OnAnswer = (connection: HttpConnection, outcome: Outcome, refusal: Buffer | null) => void;

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

export function openConnection(target: HttpTarget, onAnswer: OnAnswer): HttpConnection {
  let socket: Socket | null = null;
  let busy = false;
  const finish = (outcome: Outcome, refusal: Buffer | null): void => {
    if (!busy) return;
    busy = false;
    onAnswer(connection, outcome, refusal);
  };
  const open = (): Socket => {
    const mine = target.tls === true ? connectTls(toTlsOptions(target)) : connect(target);
    const parser = createAnswerParser();
    mine.setNoDelay(true);
    mine.on("data", (chunk: Buffer) => {
      const answer = parser.push(chunk);
      if (answer === null) return;
      // The next request opens a new one: a connection that the server ends is no fault of it.
      if (answer.last && mine === socket) {
        socket = null;
        mine.end();
      }
      finish(answer.status, answer.refusal);
    });
    const lost = (why: string): void => {
      if (mine !== socket) return;
      socket = null;
      finish(why, null);
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

/** A server is named by its name, not by an address (RFC 6066, 3). */
function toTlsOptions({ host, port }: HttpTarget) {
  return { host, port, ...(isIP(host) === 0 ? { servername: host } : {}) };
}

export interface RequestSpec {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless the headers name another content type. */
  readonly body?: string | Uint8Array;
}

/** The bytes of one request. */
export function toRequestBytes(host: string, { method, path, headers = {}, body }: RequestSpec): Buffer {
  const bytes = body === undefined ? null : Buffer.from(body);
  const content = bytes === null ? {} : { "content-type": "application/json", "content-length": String(bytes.length) };
  const lines = Object.entries({ host, ...content, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return bytes === null ? head : Buffer.concat([head, bytes]);
}
