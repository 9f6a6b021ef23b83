import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../tools/layer-list.ts";
import type { RequestSpec } from "../packages/cli/src/loadtest/http-connection.ts";
import { startPeer } from "./lib/peer.ts";
import { canPin } from "./lib/pin.ts";
import { readRssBytes } from "./lib/process-usage.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway, type SlipwayPeer } from "./lib/slipway-peer.ts";
import { alternate, median, ratios, toFigure, toTable } from "./lib/table.ts";

// A small model over HTTP, every answer on record, against a bare Fastify that takes and gives the same JSON.
//   npm run bench -- [--repeats 5] [--seconds 5] [--connections 32] [--face predict|oip]
//                    [--model PATH --body JSON] [--without-log "ARGS OF slipway up THAT SWITCH THE LOG OFF"]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "32" },
    face: { type: "string", default: "predict" },
    model: { type: "string", default: join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx") },
    body: { type: "string" },
    "without-log": { type: "string" },
  },
});

interface Target {
  readonly url: string;
  readonly pid: number;
  readonly request: RequestSpec;
}

const durationMs = Number(options.seconds) * 1_000;
const connections = Number(options.connections);
const requests: Record<string, { path: string; body: string }> = {
  predict: { path: "/api/v1/endpoints/bench/predict", body: '{"X":[5.1,3.5,1.4,0.2]}' },
  oip: {
    path: "/v2/models/bench/infer",
    body: '{"inputs":[{"name":"X","datatype":"FP32","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}]}',
  },
};

async function closed({ url, pid, request }: Target): Promise<Record<string, number>> {
  const report = await runLoad({ load: { url, requests: [request], connections, durationMs }, pid });
  if (report.failed > 0) throw new Error(`${url} failed ${JSON.stringify(report.outcomes)}`);
  const { p50, p99 } = report.latencyUs;
  return {
    "req/s": report.perSecond,
    "CPU µs a request": report.cpuUs ?? Number.NaN,
    "p50 µs": p50,
    "p99 µs": p99,
    "RSS MB": readRssBytes(pid) / 1e6,
  };
}

async function open({ url, pid, request }: Target, perSecond: number): Promise<Record<string, number>> {
  const load = { url, requests: [request], connections: connections * 2, durationMs, perSecond };
  const report = await runLoad({ load: { ...load, arrivals: "poisson" }, pid });
  const { p50, p90, p99, p999, max } = report.latencyUs;
  return {
    "req/s": report.perSecond,
    "CPU µs a request": report.cpuUs ?? Number.NaN,
    "p50 µs": p50,
    "p90 µs": p90,
    "p99 µs": p99,
    "p99.9 µs": p999,
    "max µs": max,
    "late sends %": (100 * report.lateSends) / Math.max(1, report.answers),
    failed: report.failed,
  };
}

function eachOf(targets: Readonly<Record<string, Target>>, run: (target: Target) => Promise<Record<string, number>>) {
  return Object.fromEntries(Object.entries(targets).map(([name, target]) => [name, () => run(target)]));
}

async function compare(targets: Readonly<Record<string, Target>>): Promise<void> {
  const repeats = Number(options.repeats);
  const full = await alternate(repeats, eachOf(targets, closed));
  console.log(`\nClosed loop, ${connections} connections, ${repeats} x ${options.seconds} s:\n\n${toTable(full)}\n`);
  const half = Math.round(median(full.peers["slipway"]?.["req/s"] ?? [0]) / 2);
  const atHalf = await alternate(
    Math.min(repeats, 3),
    eachOf(targets, (target) => open(target, half)),
  );
  console.log(`Open loop at half of slipway's maximum, ${half} requests a second, Poisson:\n\n${toTable(atHalf)}\n`);
  const against = median(ratios(full, { figure: "req/s", of: "slipway", to: "echo" }));
  console.log(`slipway / echo, requests a second: ${toFigure(against)} (bar: at least 0.7)`);
  if (!("no log" in targets)) return;
  const cost = median(ratios(full, { figure: "CPU µs a request", of: "slipway", to: "no log" }));
  console.log(`logging on / off, CPU a request: ${toFigure(cost)} (bar: at most 1.05)`);
}

async function main(): Promise<void> {
  const face = requests[options.face];
  if (face === undefined) throw new Error(`--face is one of ${Object.keys(requests).join(", ")}.`);
  const request = { method: "POST", path: face.path, body: options.body ?? face.body };
  const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const slipways: SlipwayPeer[] = [];
  try {
    console.log(canPin() ? "Servers on core 0, load on core 1." : "Not pinned: servers and load share the cores.");
    const slipway = await startSlipway(options.model);
    slipways.push(slipway);
    const answer = await fetch(slipway.url + request.path, {
      method: "POST",
      body: request.body,
      headers: { "content-type": "application/json" },
    });
    const sample = await answer.text();
    if (!answer.ok) throw new Error(`The model refused the body: ${sample}`);
    console.log(`Request ${request.body.length} bytes, answer ${sample.length} bytes, the same for each.`);
    writeFileSync(join(folder, "answer.json"), sample);
    const echo = await startPeer(join(import.meta.dirname, "echo.ts"), [join(folder, "answer.json")]);
    const targets: Record<string, Target> = {
      echo: { url: echo.url, pid: echo.pid, request: { ...request, path: "/" } },
      slipway: { url: slipway.url, pid: slipway.pid, request },
    };
    if (options["without-log"] !== undefined) {
      const silent = await startSlipway(options.model, options["without-log"].split(" "));
      slipways.push(silent);
      targets["no log"] = { url: silent.url, pid: silent.pid, request };
    }
    await compare(targets);
    echo.stop();
  } finally {
    await Promise.all(slipways.map((peer) => peer.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
