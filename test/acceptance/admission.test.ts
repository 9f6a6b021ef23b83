import { connect, type Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();

beforeAll(async () => {
  // A run takes tens of milliseconds: a burst is far more than can be answered within the timeout.
  await deploy(server.url, smallModel("slow"), { name: "hasty", manifest: { serve: { timeout: "400ms" } } });
  await deploy(server.url, smallModel("slow"), {
    name: "short-queue",
    manifest: { serve: { timeout: "60s", batching: { max_queue: 3 } } },
  });
  await deploy(server.url, smallModel("slow"), {
    name: "patient",
    manifest: { serve: { timeout: "60s", batching: "off" } },
  });
  await deploy(server.url, scaledMatrix(1), { name: "quick" });
}, 120_000);

const ask = (name: string, headers: Record<string, string> = {}) =>
  fetchJson(`${server.url}/endpoints/${name}/predict`, { json: { X: [[1]] }, headers });

/** The value of one series of /metrics; 0 where it is not there. */
async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

function count<T>(items: readonly T[], of: (item: T) => string | number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[of(item)] = (counts[of(item)] ?? 0) + 1;
  return counts;
}

describe("more than a model can do", () => {
  test(
    "is refused at once where the answer would come too late, with the time to come back",
    { timeout: 60_000 },
    async () => {
      const answers = await Promise.all(Array.from({ length: 300 }, () => ask("hasty")));
      const statuses = count(answers, ({ status }) => status);
      expect(Object.keys(statuses).every((status) => ["200", "503", "504"].includes(status))).toBe(true);
      expect(statuses["200"]).toBeGreaterThan(0);
      expect(statuses["503"]).toBeGreaterThan(150);
      const refused = answers.filter(({ status }) => status === 503);
      for (const { headers, body } of refused) {
        expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
        expect(body).toMatchObject({ code: "overloaded", details: { reason: "too_late" } });
        expect(body.detail).toMatch(
          /^An answer would take about \d+ ms, and \d+ ms are left for it; try again later\.$/,
        );
      }
      const labels = 'endpoint="hasty",version="1"';
      expect(await metric(`slipway_rejected_total{${labels},reason="too_late"}`)).toBe(refused.length);
      expect(await metric(`slipway_expired_total{${labels}}`)).toBe(statuses["504"] ?? 0);
      expect(await metric(`slipway_queue_seconds_count{${labels}}`)).toBe(statuses["200"]);
      expect(await metric('slipway_queue_rows{endpoint="hasty"}')).toBe(0);
      // It is over as soon as the burst is.
      expect((await ask("hasty", { "x-slipway-timeout-ms": "400" })).status).toBe(200);
    },
  );

  test("does not take the others' turns", { timeout: 60_000 }, async () => {
    const burstState = { over: false };
    const burst = Promise.all(Array.from({ length: 40 }, () => ask("patient"))).then((answers) => {
      burstState.over = true;
      return answers;
    });
    let quick = 0;
    while (!burstState.over) {
      const { status } = await fetchJson(`${server.url}/endpoints/quick/predict`, { json: { X: [1, 0, 0, 0] } });
      expect(status).toBe(200);
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
      quick++;
    }
    expect(count(await burst, ({ status }) => status)).toEqual({ 200: 40 });
    // One at a time, a single core would be away for the whole burst otherwise.
    expect(quick).toBeGreaterThan(40);
  });

  test(
    "waits only as far as it may: rows beyond serve.batching.max_queue are refused",
    { timeout: 60_000 },
    async () => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask("short-queue")));
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.length).toBeGreaterThan(20);
      for (const { body } of refused)
        expect(body).toMatchObject({ code: "overloaded", details: { reason: "queue_full" } });
      expect(await metric('slipway_rejected_total{endpoint="short-queue",version="1",reason="queue_full"}')).toBe(
        refused.length,
      );
    },
  );
});

test("a caller who goes away frees the place, and the record says so", { timeout: 60_000 }, async () => {
  const before = await metric('slipway_runs_total{endpoint="patient",version="1",reason="alone"}');
  const sockets: Socket[] = [];
  const body = JSON.stringify({ X: [[1]] });
  const { hostname, port } = new URL(server.url);
  for (let i = 0; i < 30; i++) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(
      `POST /endpoints/patient/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    sockets.push(socket);
  }
  await expect.poll(() => metric('slipway_queue_rows{endpoint="patient"}'), { timeout: 10_000 }).toBeGreaterThan(15);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => metric('slipway_queue_rows{endpoint="patient"}'), { timeout: 10_000 }).toBe(0);
  await expect
    .poll(() => metric('slipway_cancelled_total{endpoint="patient",version="1"}'), { timeout: 10_000 })
    .toBeGreaterThan(15);
  const runs = (await metric('slipway_runs_total{endpoint="patient",version="1",reason="alone"}')) - before;
  expect(runs).toBeLessThan(15);
  const { body: page } = await fetchJson(`${server.url}/api/v1/endpoints/patient/predictions?limit=30`);
  expect(page.items.some((item: { error: { code: string } | null }) => item.error?.code === "cancelled")).toBe(true);
});

test("what waits, runs and is left is on /metrics", async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  for (const name of [
    "slipway_run_rows",
    "slipway_run_seconds_total",
    "slipway_run_predicted_seconds_total",
    "slipway_replicas_ready",
  ])
    expect(text).toContain(`# TYPE ${name} `);
  expect(text).not.toContain("nv_inference");
  const triton = await (await fetch(`${server.url}/metrics?names=triton`)).text();
  expect(triton).not.toContain("slipway_");
  const answered = /^slipway_queue_seconds_count\{endpoint="quick",version="1"\} (\d+)$/m.exec(text)?.[1];
  expect(Number(answered)).toBeGreaterThan(0);
  expect(triton).toContain(`nv_inference_request_success{model="quick",version="1"} ${answered}\n`);
  expect(triton).toMatch(/^nv_inference_request_failure\{model="hasty",version="1",reason="REJECTED"\} [1-9]/m);
  const wrong = await fetchJson(`${server.url}/metrics?names=prometheus`);
  expect(wrong).toMatchObject({ status: 400, body: { code: "invalid_request" } });
});
