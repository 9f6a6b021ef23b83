import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { track } from "../lib/children.ts";
import { runCli, type CliOptions } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { patientFlights, slowModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const folder = mkdtempSync(join(tmpdir(), "slipway-loadtest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Large enough that its replica, and not the load, is what bounds it: tens of milliseconds a run. */
const heavy = slowModel(900);

beforeAll(async () => {
  await deploy(server.url, patientFlights().v2);
  const serve = { placement: "worker", replicas: 1, timeout: "3s" };
  await deploy(server.url, heavy, { manifest: { name: "heavy", serve } });
}, 120_000);

async function load(args: readonly string[], options: CliOptions = {}) {
  const { code, stdout, stderr } = await runCli(["loadtest", ...args, "--json", "--quiet"], {
    url: server.url,
    timeoutMs: 60_000,
    ...options,
  });
  return { code, stderr, report: JSON.parse(stdout || "null") };
}

/** Where the load itself had too little of a busy machine its report says so, and nothing of the server: it is asked again, a few times. */
async function loadUndisturbed(args: readonly string[]) {
  let found = await load(args);
  const isDisturbed = () => found.report?.advice.some(({ code }: { code: string }) => code === "generator_bound");
  for (let tries = 1; tries < 5 && isDisturbed(); tries++) found = await load(args);
  return found;
}

async function count(endpoint: string, where: string): Promise<number> {
  const sql = `SELECT count(*) AS n FROM predictions WHERE ${where}`;
  const { stdout, stderr } = await runCli(["predictions", endpoint, "--sql", sql, "-o", "json"], {
    url: server.url,
    timeoutMs: 60_000,
  });
  return (JSON.parse(stdout || stderr) as { n: number }[])[0]?.n ?? -1;
}

test("a load at a rate: every request is on record under its trace id, and the report is whole", async () => {
  const svg = join(folder, "latency.svg");
  const { code, report, stderr } = await load(["flight-delay", "--rate", "50", "--duration", "1s", "--svg", svg]);
  expect(code, stderr).toBe(0);
  expect(report).toMatchObject({
    format: 1,
    endpoint: "flight-delay",
    version: "flight-delay@1",
    pinned: false,
    face: "predict",
    mode: "rate",
    arrivals: "poisson",
    interrupted: false,
    inputs: { source: "examples", rows_per_request: 1 },
    sweep: null,
  });
  const { result } = report;
  expect(result.statuses).toEqual({ 200: result.requests });
  expect(result.requests).toBeGreaterThan(25);
  expect(result.latency_ms.p50).toBeGreaterThan(0);
  expect(result.latency_ms.p50).toBeLessThanOrEqual(result.latency_ms.p99);
  expect(result.distribution_ms.at(-1)).toEqual({ share: 1, ms: result.latency_ms.max });
  expect(result.server.outcomes.ok).toBeGreaterThanOrEqual(result.requests);
  expect(result.server.rows_per_run).toBeGreaterThanOrEqual(1);
  expect(result.server.cpu_cores).toBeGreaterThan(0);
  expect(report.trace_id).toMatch(/^6c6f616474657374[0-9a-f]{16}$/);
  // Those of the measured second, of the warm-up, and the one that was tried first.
  const logged = await count("flight-delay", `trace_id = '${report.trace_id}'`);
  expect(logged).toBeGreaterThan(result.requests);
  expect(logged).toBe(await count("flight-delay", "trace_id LIKE '6c6f616474657374%'"));
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
});

test.each(["predict", "oip", "oip-binary"])(
  "face %s, pinned, in batches, as many at a time as asked for",
  async (face) => {
    const args = ["flight-delay@1", "--concurrency", "2", "--batch", "8", "--face", face];
    const { report, stderr } = await load([...args, "--duration", "300ms", "--warmup", "0s", "--inputs", "examples"]);
    expect(report?.result.statuses, stderr).toEqual({ 200: report.result.answers });
    expect(report).toMatchObject({
      pinned: true,
      mode: "concurrency",
      concurrency: 2,
      inputs: { rows_per_request: 8 },
    });
    const where = `trace_id = '${report.trace_id}' AND pinned AND face = '${face === "predict" ? "predict" : "oip"}'`;
    expect(await count("flight-delay", where)).toBeGreaterThanOrEqual(8 * report.result.answers);
  },
);

test("a recorded trace is played once, faster where asked for", async () => {
  const trace = join(folder, "trace.csv");
  writeFileSync(trace, "timestamp\n2026-11-22T10:00:00Z\n2026-11-22T10:00:00.5Z\n2026-11-22T10:00:02Z\n");
  const { report } = await load(["flight-delay", "--trace", trace, "--speed", "4", "--warmup", "0s"]);
  expect(report).toMatchObject({ mode: "trace", result: { requests: 3, statuses: { 200: 3 }, seconds: 0.75 } });
});

test("what was predicted before is what is sent, and not what earlier load tests sent", async () => {
  const { url } = server;
  const record = { flight_id: "XY 1", origin: "SEA", destination: "LAX", hour: 17, weekday: 5, distance: 954 };
  const first = await fetchJson(`${url}/endpoints/flight-delay/predict`, { json: record });
  expect(first.status, JSON.stringify(first.body)).toBe(200);
  const { report } = await load(["flight-delay", "--rate", "20", "--duration", "500ms", "--warmup", "0s"]);
  expect(report.inputs).toMatchObject({ source: "log", requests: 1 });
  const where = `trace_id = '${report.trace_id}' AND origin = 'SEA' AND distance = 954`;
  expect(await count("flight-delay", where)).toBe(report.result.requests + 1);
  expect(await count("flight-delay", "key = 'XY 1'")).toBe(1);
});

test("a slow model with one replica at overload: the advice is what the cores of the machine leave", async () => {
  const args = ["heavy", "--rate", "200", "--duration", "1s", "--warmup", "500ms", "--slo", "20ms"];
  const { code, report, stderr } = await loadUndisturbed(args);
  expect(code, "an SLO that was given and missed").toBe(1);
  expect(report.inputs.source).toBe("made_up");
  expect(stderr).toContain("made up from the signature");
  expect(report.result).toMatchObject({ holds_slo: false });
  expect(report.result.goodput_per_second).toBeLessThan(100);
  const { server: said } = report.result;
  expect(said.replicas_busy).toBeGreaterThan(0.85);
  const codes = report.advice.map((item: { code: string }) => item.code);
  const free = availableParallelism() - said.cpu_cores;
  expect(codes, JSON.stringify(report.advice)).toContain(free >= 0.5 ? "more_replicas" : "cores_are_the_bound");
});

test("without a rate it finds the knee: a heavy model holds less than a hundred a second", async () => {
  const svg = join(folder, "sweep.svg");
  const args = ["heavy", "--duration", "5s", "--warmup", "200ms", "--slo", "2s", "--svg", svg];
  const { report, stderr } = await load(args);
  expect(report?.sweep.probes.length, stderr).toBeGreaterThan(1);
  const { knee_per_second: knee, probes } = report.sweep;
  expect(knee).toBeGreaterThan(0);
  expect(knee).toBeLessThan(100);
  expect(probes.find((probe: { wanted_per_second: number }) => probe.wanted_per_second === knee)?.holds).toBe(true);
  expect(report.result.wanted_per_second).toBe(knee);
  expect(readFileSync(svg, "utf8")).toContain("knee");
});

test("Ctrl-C ends the load in order, with the report of what was measured", async () => {
  const args = ["loadtest", "flight-delay", "--rate", "50", "--duration", "10m", "--warmup", "0s", "--json"];
  const child = track(
    spawn(process.execPath, [findEntry("source"), ...args], { env: cleanEnv({ SLIPWAY_URL: server.url }) }),
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const answered = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(
      /slipway_requests_total\{endpoint="flight-delay",version="1",outcome="ok"\} (\d+)/.exec(metrics)?.[1],
    );
  };
  const before = await answered();
  await expect.poll(answered, { timeout: 30_000 }).toBeGreaterThan(before + 20);
  child.kill("SIGINT");
  expect(await ended, stderr).toBe(130);
  const report = JSON.parse(stdout) as { interrupted: boolean; result: { requests: number; seconds: number } };
  expect(report.interrupted).toBe(true);
  expect(report.result.requests).toBeGreaterThan(10);
  expect(report.result.seconds).toBeLessThan(60);
}, 60_000);

test("another machine is not loaded by accident, nor anything with requests that it refuses", async () => {
  const elsewhere = await load(["flight-delay", "--rate", "1"], { url: "http://192.0.2.1:8080" });
  expect(elsewhere).toMatchObject({ code: 5, report: null });
  expect(elsewhere.stderr).toContain("192.0.2.1:8080 is not this machine");
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"origin": 1}');
  const refused = await load(["flight-delay", "--rate", "1", "--inputs", wrong]);
  expect(refused.report).toBeNull();
  expect(refused.stderr).toMatch(/refused the first request with 400, so no load was made/);
  expect((await load(["nothing"])).code).toBe(4);
  const csv = await runCli(["loadtest", "flight-delay", "--rate", "1", "-o", "csv"], { url: server.url });
  expect([csv.code, csv.stderr]).toEqual([2, expect.stringContaining("table or json")]);
});

test("a token's rate shows as what it is", async () => {
  const limited = await startServer({ env: { SLIPWAY_TOKEN: "the-admin-token" } });
  const env = { SLIPWAY_TOKEN: "the-admin-token" };
  const deployed = await runCli(["deploy", patientFlights().v2], { url: limited.url, env, timeoutMs: 60_000 });
  expect(deployed.code, deployed.stderr).toBe(0);
  const create = ["token", "create", "--data", limited.data, "--user", "shop", "--scope", "deploy", "--rate", "10/h"];
  const { stdout } = await runCli([...create, "--quiet"]);
  const args = ["flight-delay", "--rate", "50", "--duration", "500ms", "--warmup", "0s"];
  const { report } = await load(args, { url: limited.url, env: { SLIPWAY_TOKEN: stdout.trim() } });
  expect(report.result.statuses).toEqual({ 200: 9, 429: report.result.requests - 9 });
  expect(report.result.errors[0].messages[0]).toContain("10 requests an hour");
  expect(report.advice.map((item: { code: string }) => item.code)).toContain("rate_limited");
}, 60_000);
