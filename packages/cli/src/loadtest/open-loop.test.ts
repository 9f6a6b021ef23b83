import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closedLoop, openLoop, scheduledLoop, type LiveLoad } from "./open-loop.ts";

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
      const end = () => response.writeHead(status, { "content-type": "text/plain", "content-length": 5 }).end("hello");
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
  // The schedule is the same each time, however busy the machine is; what arrives late is not in `perSecond`.
  expect(report.due).toBeGreaterThan(360);
  expect(report.due).toBeLessThan(440);
  expect(report.perSecond).toBeGreaterThan(0);
  expect(report.outcomes).toEqual({ 200: report.due });
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
  expect(report.answers).toBeGreaterThan(30);
  expect(report.failed / report.answers).toBeCloseTo(0.1, 1);
  expect(report.outcomes["503"]).toBe(report.failed);
});

test("nobody listening is an error a request, not an exception", async () => {
  const url = "http://127.0.0.1:1";
  const report = await openLoop({ url, requests, connections: 2, perSecond: 50, durationMs: 300, warmUpMs: 0 });
  expect(report.perSecond).toBe(0);
  expect(report.failed).toBeGreaterThan(0);
});

test("what a refusal says is kept, once, and its time is not that of an answer", async () => {
  const url = await serve((count) => ({ status: count % 2 === 0 ? 503 : 200, delayMs: count % 2 === 0 ? 0 : 20 }));
  const load = { url, requests, connections: 4, perSecond: 100, durationMs: 500, warmUpMs: 0, sloMs: 1 };
  const report = await openLoop(load);
  expect(report.errors).toEqual([{ outcome: "503", count: report.failed, messages: ["hello"] }]);
  expect(report.latencyUs.p50).toBeGreaterThan(19_000);
  expect(report.refusalUs.p50).toBeLessThan(report.latencyUs.p50);
  expect(report).toMatchObject({ due: 50, answers: 50, withinSlo: 0, stopped: false });
});

test("one that is stopped reports what it has", async () => {
  const url = await serve(() => ({}));
  const stop = new AbortController();
  const seen: number[] = [];
  const load = { url, requests, connections: 2, perSecond: 100, durationMs: 60_000, warmUpMs: 0, signal: stop.signal };
  const onProgress = ({ answers }: LiveLoad) => {
    seen.push(answers);
    if (answers > 20) stop.abort();
  };
  const report = await openLoop({ ...load, onProgress });
  expect(report.stopped).toBe(true);
  expect(report.answers).toBeGreaterThan(20);
  expect(report.seconds).toBeLessThan(30);
  expect(report.perSecond).toBeGreaterThan(10);
  expect(seen.length).toBeGreaterThan(0);
});

test("who is behind with sending still hears the answers", async () => {
  const seen = { requests: 0 };
  const url = await serve((count) => {
    seen.requests = count + 1;
    return {};
  });
  let heard = false;
  function* schedule() {
    for (let i = 0; i < 20_000 && seen.requests === 0; i++) yield 0;
    heard = seen.requests > 0;
  }
  const load = { url, requests, connections: 8, perSecond: 1, durationMs: 100, warmUpMs: 0 };
  await scheduledLoop({ ...load, schedule: schedule() });
  expect(heard).toBe(true);
});
