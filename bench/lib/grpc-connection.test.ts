import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
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
