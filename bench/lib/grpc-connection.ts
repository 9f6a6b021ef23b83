import { connect as connectTcp, type Socket } from "node:net";
import type { HttpConnection, HttpTarget, OnAnswer } from "../../packages/cli/src/loadtest/http-connection.ts";

// HTTP/2 as far as one unary gRPC call after another needs it, on a raw socket, so that the load takes less CPU than the
// servers that it measures; a gRPC client in Node or Python would be the bound itself. https://www.rfc-editor.org/rfc/rfc9113

const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const endStream = 1;
const ack = 1;
const endHeaders = 4;
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const frameHead = 9;
/** What every peer has to take. */
const frameMax = 16_384;
const startWindow = 65_535;
const windowSetting = 4;
const windowMax = 2 ** 31 - 1;
/** Given back after so many bytes. */
const replenish = 2 ** 24;

/** @param path `/package.Service/Method` */
export function createGrpcConnect(path: string): (target: HttpTarget, onAnswer: OnAnswer) => HttpConnection {
  return (target, onAnswer) => openGrpcConnection({ target, path }, onAnswer);
}

function openGrpcConnection(call: { target: HttpTarget; path: string }, onAnswer: OnAnswer): HttpConnection {
  let busy = false;
  let session: Session | null = null;
  const finish = (outcome: number | string): void => {
    if (!busy) return;
    busy = false;
    onAnswer(connection, outcome, null);
  };
  const open = (): Session => {
    const mine: Session = openSession(call, (outcome, over) => {
      if (over && session === mine) session = null;
      finish(outcome);
    });
    return mine;
  };
  const connection: HttpConnection = {
    send(message) {
      busy = true;
      session ??= open();
      session.request(message);
    },
    close() {
      busy = false;
      session?.close();
      session = null;
    },
  };
  session = open();
  return connection;
}

interface Session {
  request(message: Uint8Array): void;
  close(): void;
}

/** @param onEnd an answer came (200 where it holds a message), or the session is over */
function openSession(
  { target, path }: { target: HttpTarget; path: string },
  onEnd: (outcome: number | string, over: boolean) => void,
): Session {
  const socket: Socket = connectTcp(target);
  socket.setNoDelay(true);
  const sender = createSender(socket, toFieldBlock(path, `${target.host}:${target.port}`));
  let unacknowledged = 0;
  let ofMessage = 0;
  let over = false;
  const end = (outcome: number | string): void => {
    if (over) return;
    over = true;
    socket.destroy();
    onEnd(outcome, true);
  };
  const onFrame = ({ type, flags, stream, payload }: Frame): void => {
    if (over || (stream !== 0 && stream !== sender.stream)) return;
    if (type === types.data) {
      ofMessage += payload.length;
      unacknowledged += payload.length;
      if (unacknowledged <= replenish) return;
      socket.write(toWindowUpdate(unacknowledged));
      unacknowledged = 0;
    } else if (type === types.windowUpdate) sender.widen(stream, payload.readUInt32BE(0));
    else if (type === types.settings && (flags & ack) === 0) {
      for (let at = 0; at + 6 <= payload.length; at += 6)
        if (payload.readUInt16BE(at) === windowSetting) sender.setInitialWindow(payload.readUInt32BE(at + 2));
      socket.write(toFrame({ type: types.settings, flags: ack, stream: 0 }));
    } else if (type === types.ping && (flags & ack) === 0)
      socket.write(toFrame({ type: types.ping, flags: ack, stream: 0 }, payload));
    else if (type === types.goAway) end("goaway");
    else if (type === types.reset) end(`reset ${payload.readUInt32BE(0)}`);
    // A call that failed has no message, only a status. The status itself is compressed, and not read.
    else if (type === types.headers && (flags & endStream) !== 0) onEnd(ofMessage > 5 ? 200 : 500, false);
  };
  socket.on("data", createFrameReader(onFrame));
  socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? "error"));
  socket.on("close", () => end("closed"));
  return {
    request(message) {
      ofMessage = 0;
      sender.request(message);
    },
    close() {
      over = true;
      socket.destroy();
    },
  };
}

interface Sender {
  /** Of the last request; odd, and rising. */
  readonly stream: number;
  request(message: Uint8Array): void;
  /** The server takes so many bytes more, of the stream or (0) of the connection. */
  widen(stream: number, bytes: number): void;
  setInitialWindow(bytes: number): void;
}

function createSender(socket: Socket, fields: Buffer): Sender {
  let stream = -1;
  /** What the server still takes. */
  const window = { connection: startWindow, stream: startWindow, initial: startWindow };
  let unsent = Buffer.alloc(0);
  const sendData = (): void => {
    while (unsent.length > 0) {
      const size = Math.min(unsent.length, frameMax, window.connection, window.stream);
      if (size <= 0) return;
      const flags = size === unsent.length ? endStream : 0;
      socket.write(toFrame({ type: types.data, flags, stream }, unsent.subarray(0, size)));
      unsent = unsent.subarray(size);
      window.connection -= size;
      window.stream -= size;
    }
  };
  const settings = Buffer.from([0, windowSetting, 0x7f, 0xff, 0xff, 0xff]);
  const hello = [preface, toFrame({ type: types.settings, flags: 0, stream: 0 }, settings)];
  socket.write(Buffer.concat([...hello, toWindowUpdate(windowMax - startWindow)]));
  return {
    get stream() {
      return stream;
    },
    request(message) {
      stream += 2;
      window.stream = window.initial;
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      unsent = Buffer.concat([prefix, message]);
      socket.cork();
      socket.write(toFrame({ type: types.headers, flags: endHeaders, stream }, fields));
      sendData();
      socket.uncork();
    },
    widen(of, bytes) {
      window[of === 0 ? "connection" : "stream"] += bytes;
      sendData();
    },
    setInitialWindow(bytes) {
      window.stream += bytes - window.initial;
      window.initial = bytes;
      sendData();
    },
  };
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    let bytes: Buffer = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (bytes.length >= frameHead) {
      const size = frameHead + bytes.readUIntBE(0, 3);
      if (bytes.length < size) break;
      const [type, flags, stream] = [bytes[3]!, bytes[4]!, bytes.readUInt32BE(5)];
      onFrame({ type, flags, stream, payload: bytes.subarray(frameHead, size) });
      bytes = bytes.subarray(size);
    }
    pending = Buffer.from(bytes);
  };
}

function toFrame(head: { type: number; flags: number; stream: number }, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.allocUnsafe(frameHead + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = head.type;
  bytes[4] = head.flags;
  bytes.writeUInt32BE(head.stream, 5);
  bytes.set(payload, frameHead);
  return bytes;
}

function toWindowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return toFrame({ type: types.windowUpdate, flags: 0, stream: 0 }, payload);
}

/** HPACK without its table of recent fields: indexed where the static table has all of a field, else literal. */
function toFieldBlock(path: string, authority: string): Buffer {
  const text = (value: string): Buffer => {
    if (value.length > 126) throw new Error(`${value} is too long for a length in one byte.`);
    return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
  };
  return Buffer.concat([
    Buffer.from([0x80 | 3, 0x80 | 6]), // :method POST, :scheme http
    Buffer.from([0x04]),
    text(path),
    Buffer.from([0x01]),
    text(authority),
    Buffer.from([0x0f, 31 - 15]), // content-type
    text("application/grpc"),
    Buffer.from([0x00]),
    text("te"),
    text("trailers"),
  ]);
}
