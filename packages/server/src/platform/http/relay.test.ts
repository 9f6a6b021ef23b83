import { createServer, request, type IncomingMessage, type RequestOptions, type Server } from "node:http";
import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRelay } from "./relay.ts";

type Answer = Parameters<typeof createServer>[1];

async function open(answer: NonNullable<Answer>) {
  const socketPath = join(mkdtempSync(join(tmpdir(), "slipway-")), "s");
  const behind = createServer(answer as never);
  await new Promise<void>((resolve) => void behind.listen(socketPath, resolve));
  const relay = createRelay({ socketPath, onError: (_error, response) => response.writeHead(503).end("gone") });
  const front = createServer((incoming, response) => relay.pass(incoming, response));
  await new Promise<void>((resolve) => void front.listen(0, "127.0.0.1", resolve));
  const closeAll = (server: Server) => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(() => {
    relay.close();
    [front, behind].forEach(closeAll);
  });
  return { behind, port: (front.address() as AddressInfo).port };
}

function send(port: number, options: RequestOptions, body?: Uint8Array | string) {
  return new Promise<{ answer: IncomingMessage; text: string }>((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", ...options }, (answer) => {
      let text = "";
      answer.setEncoding("latin1").on("data", (more: string) => (text += more));
      answer.on("end", () => resolve({ answer, text })).on("error", reject);
    });
    sent.on("error", reject).end(body);
  });
}

/** Says what it was asked. */
const mirror = ((incoming, response) => {
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => (bytes += chunk.length));
  incoming.on("end", () => {
    const { method, url, headers } = incoming;
    response.writeHead(201, "Made", { "x-one": "1", "content-type": "application/json" });
    response.end(JSON.stringify({ method, url, headers, bytes }));
  });
}) as NonNullable<Answer>;

test("method, path, headers, status and bodies go through as they came; what is about a connection does not", async () => {
  const { port } = await open(mirror);
  const headers = { authorization: "Bearer x", "x-own": "1", connection: "x-own, keep-alive", host: "a.example" };
  const put = await send(port, { method: "PUT", path: "/a%20b?c=d", headers }, Buffer.alloc(3_000_000));
  expect([put.answer.statusCode, put.answer.statusMessage, put.answer.headers["x-one"]]).toEqual([201, "Made", "1"]);
  const told = JSON.parse(put.text);
  expect(told).toMatchObject({ method: "PUT", url: "/a%20b?c=d", bytes: 3_000_000 });
  expect(told.headers).toMatchObject({ authorization: "Bearer x", host: "a.example" });
  expect(told.headers).not.toHaveProperty("x-own");
  // Framed as it came, whatever the method: else its body would be read as the next request.
  for (const framing of [{ "content-length": "5" }, { "transfer-encoding": "chunked" }]) {
    const { text } = await send(port, { method: "DELETE", path: "/x", headers: framing }, "12345");
    expect(JSON.parse(text)).toMatchObject({ method: "DELETE", bytes: 5 });
  }
  expect(JSON.parse((await send(port, { method: "POST", path: "/" })).text)).toMatchObject({ bytes: 0 });
});

test("events leave as they come, and a client that goes away ends the request behind", async () => {
  const closed = Promise.withResolvers<void>();
  const { port } = await open((_incoming, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.on("close", () => closed.resolve());
    setTimeout(() => response.write("data: 1\n\n"), 20);
  });
  await new Promise<void>((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", path: "/" }, (answer) => {
      answer.once("data", (chunk: Buffer) => {
        expect(chunk.toString()).toBe("data: 1\n\n");
        sent.destroy();
        resolve();
      });
      answer.on("error", () => {});
    });
    sent.on("error", reject).end();
  });
  await closed.promise;
});

test("an answer that breaks off behind breaks off here; where nobody is behind, it is told", async () => {
  const { port, behind } = await open((_incoming, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  await expect(send(port, { path: "/" })).rejects.toThrow();
  behind.closeAllConnections();
  await new Promise((resolve) => void behind.close(resolve));
  const { answer, text } = await send(port, { path: "/" });
  expect([answer.statusCode, text]).toEqual([503, "gone"]);
});
