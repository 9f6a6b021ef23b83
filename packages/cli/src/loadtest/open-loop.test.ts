import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { readStatus } from "./http-connection.ts";
import { closedLoop, openLoop } from "./open-loop.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (count: number) => { status?: number; delayMs?: number }): Promise<string> {
  let count = 0;
  server = createServer((request, response) => {
    const { status = 200, delayMs = 0 } = answer(count++);
    request.resume().on("end", () => {
      const end = () => response.writeHead(status, { "content-type": "text/plain" }).end("hello");
      if (delayMs === 0) end();
      else setTimeout(end, delayMs);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const requests = [{ method: "POST", path: "/", body: "{}" }];

test.each(["uniform", "poisson"] as const)("an open loop keeps its rate (%s)", async (arrivals) => {
  const url = await serve(() => ({}));
  const report = await openLoop({
    url,
    requests,
    connections: 8,
    perSecond: 400,
    durationMs: 1000,
    warmUpMs: 200,
    arrivals,
  });
  expect(report.perSecond).toBeGreaterThan(330);
  expect(report.perSecond).toBeLessThan(470);
  expect(report.outcomes).toEqual({ 200: report.answers });
  expect(report.failed).toBe(0);
});

test("a stall counts for every request that it held up, not for one", async () => {
  // One answer in 500 takes 500 ms on the only connection: a closed loop would see one slow answer.
  const url = await serve((count) => ({ delayMs: count === 100 ? 500 : 0 }));
  const report = await openLoop({ url, requests, connections: 1, perSecond: 200, durationMs: 1500, warmUpMs: 0 });
  expect(report.latencyUs.max).toBeGreaterThan(480_000);
  // About 100 of 300 requests were due while it stalled.
  expect(report.latencyUs.p90).toBeGreaterThan(150_000);
  expect(report.lateSends).toBeGreaterThan(60);
  expect(report.answers).toBe(300);
});

test("a closed loop counts what is not 2xx as failed", async () => {
  const url = await serve((count) => ({ status: count % 10 === 0 ? 503 : 200 }));
  const report = await closedLoop({ url, requests, connections: 4, durationMs: 400, warmUpMs: 100 });
  expect(report.answers).toBeGreaterThan(100);
  expect(report.failed / report.answers).toBeCloseTo(0.1, 1);
  expect(report.outcomes["503"]).toBe(report.failed);
});

test("nobody listening is an error a request, not an exception", async () => {
  const url = "http://127.0.0.1:1";
  const report = await openLoop({ url, requests, connections: 2, perSecond: 50, durationMs: 300, warmUpMs: 0 });
  expect(report.perSecond).toBe(0);
  expect(report.failed).toBeGreaterThan(0);
});

test("an answer is whole when its body is", () => {
  const whole = "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc";
  for (let at = 0; at < whole.length; at++) expect(readStatus(Buffer.from(whole.slice(0, at)))).toBeNull();
  expect(readStatus(Buffer.from(whole))).toBe(201);
  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
  expect(readStatus(Buffer.from(chunked))).toBeNull();
  expect(readStatus(Buffer.from(`${chunked}0\r\n\r\n`))).toBe(200);
});
