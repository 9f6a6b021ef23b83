import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closedLoop } from "../../packages/cli/src/loadtest/open-loop.ts";
import { createGrpcConnect } from "./grpc-connection.ts";

let server: Http2Server;
let url = "";
const seen: { length: number; path: unknown; type: unknown }[] = [];

// Node's own HTTP/2 in place of a gRPC server: a message back, or for an empty message a status alone.
beforeAll(async () => {
  server = createServer();
  // A closed loop ends in the middle of its last requests.
  server.on("session", (session) => session.on("error", () => undefined));
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => undefined);
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      if (stream.aborted || stream.destroyed) return;
      const message = Buffer.concat(parts);
      seen.push({ length: message.length, path: headers[":path"], type: headers["content-type"] });
      if (message.length === 5) {
        stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "3" }, { endStream: true });
        return;
      }
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(message);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

async function load(bytes: number, path: string) {
  const prepared = [Buffer.alloc(bytes, 7)];
  const shape = { url, requests: [], prepared, connections: 3, durationMs: 300, warmUpMs: 100 };
  return closedLoop({ ...shape, connect: createGrpcConnect(path) });
}

test("calls follow each other on a connection, whatever the size of a message", async () => {
  // Above a frame, and above the window of a stream and of a connection.
  for (const bytes of [10, 30_000, 400_000]) {
    const path = `/test.Echo/Call${bytes}`;
    const report = await load(bytes, path);
    expect(report.failed).toBe(0);
    expect(report.answers).toBeGreaterThan(3);
    const calls = seen.filter((call) => call.path === path);
    expect(new Set(calls.map(({ length }) => length))).toEqual(new Set([bytes + 5]));
    expect(calls[0]?.type).toBe("application/grpc");
  }
});

test("a call that has a status and no message failed", async () => {
  const report = await load(0, "/test.Echo/Empty");
  expect(Object.keys(report.outcomes)).toEqual(["500"]);
  expect(report.failed).toBe(report.answers);
});

test("never more is sent than the server takes", async () => {
  const frame = (type: number, stream: number, payload: Buffer) => {
    const head = Buffer.from([0, 0, payload.length, type, 0, 0, 0, 0, stream]);
    return Buffer.concat([head, payload]);
  };
  const ping = frame(6, 0, Buffer.alloc(8));
  let taken = 0;
  const acknowledged: number[] = [];
  let onAck = (): void => undefined;
  const onFrames = (socket: Socket) => {
    let bytes = Buffer.alloc(0);
    socket.write(frame(4, 0, Buffer.alloc(0)));
    socket
      .on("error", () => undefined)
      .on("data", (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        // The preface of 24 bytes is no frame.
        if (bytes.subarray(0, 3).toString() === "PRI") bytes = bytes.subarray(24);
        for (let size = 0; bytes.length >= 9 && bytes.length >= (size = 9 + bytes.readUIntBE(0, 3));) {
          if (bytes[3] === 0) taken += size - 9;
          if (bytes[3] === 0 && (taken === 65_535 || taken === 65_545)) socket.write(ping);
          if (bytes[3] === 6) {
            acknowledged.push(taken);
            const more = Buffer.from([0, 0, 0, 10]);
            if (acknowledged.length === 1) socket.write(Buffer.concat([frame(8, 0, more), frame(8, 1, more)]));
            else onAck();
          }
          bytes = bytes.subarray(size);
        }
      });
  };
  const tcp = createTcpServer(onFrames);
  await new Promise<void>((resolve) => void tcp.listen(0, "127.0.0.1", resolve));
  const { port } = tcp.address() as AddressInfo;
  const connection = createGrpcConnect("/a.B/C")({ host: "127.0.0.1", port }, () => undefined);
  const done = new Promise<void>((resolve) => (onAck = resolve));
  connection.send(Buffer.alloc(200_000));
  await done;
  expect(acknowledged).toEqual([65_535, 65_545]);
  connection.close();
  tcp.close();
});
