import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../tools/layer-list.ts";
import type { RequestSpec } from "../packages/cli/src/loadtest/http-connection.ts";
import { startPeer } from "./lib/peer.ts";
import { canPin } from "./lib/pin.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway } from "./lib/slipway-peer.ts";
import { alternate, median, ratios, toFigure, toTable } from "./lib/table.ts";
import { inferPath, toInferMessage } from "./serving/grpc-message.ts";
import { toTensorBytes, type Question } from "./serving/question.ts";

// One row of a small model over each protocol of one server, and the bare server of grpc-js that answers the same bytes each time.
// The load writes frames on raw sockets (lib/grpc-connection.ts): a client library would be the bound.
//   npm run bench:grpc -- [--repeats 5] [--seconds 4] [--connections 32] [--from tarball|source]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "32" },
    from: { type: "string", default: "tarball" },
  },
});

interface Target {
  readonly url: string;
  readonly pid: number;
  readonly request: RequestSpec;
  readonly grpc?: string;
}

const durationMs = Number(options.seconds) * 1_000;
const connections = Number(options.connections);
const row = [5.1, 3.5, 1.4, 0.2];
const question: Question = { rows: 1, inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: row }] };
const json = { "content-type": "application/json" };

/** The Open Inference Protocol over HTTP with the tensor behind the JSON. */
function toBinary(): RequestSpec {
  const data = question.inputs.map(toTensorBytes);
  const inputs = question.inputs.map(({ name, datatype, shape }, i) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: data[i]!.length },
  }));
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(head.length),
  };
  return { method: "POST", path: "/v2/models/bench/infer", headers, body: Buffer.concat([head, ...data]) };
}

function toTargets(url: string, grpc: string, pid: number): Record<string, Target> {
  const predict = {
    method: "POST",
    path: "/api/v1/endpoints/bench/predict",
    headers: json,
    body: JSON.stringify({ X: row }),
  };
  const tensors = { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: row }] };
  const oip = { method: "POST", path: "/v2/models/bench/infer", headers: json, body: JSON.stringify(tensors) };
  return {
    "HTTP, predict": { url, pid, request: predict },
    "HTTP, tensors as JSON": { url, pid, request: oip },
    "HTTP, binary tensors": { url, pid, request: toBinary() },
    gRPC: { url: `http://${grpc}`, pid, request: toCall(), grpc: inferPath },
  };
}

function toCall(): RequestSpec {
  return { method: "POST", path: "/", body: toInferMessage("bench", question) };
}

async function measure({ url, pid, request, grpc }: Target): Promise<Record<string, number>> {
  const load = { url, requests: [request], connections, durationMs };
  const report = await runLoad({ load, pid, ...(grpc === undefined ? {} : { grpc }) });
  if (report.failed > 0) throw new Error(`${url} failed ${JSON.stringify(report.outcomes)}`);
  return {
    "req/s": report.perSecond,
    "CPU µs a request": report.cpuUs ?? Number.NaN,
    "p50 µs": report.latencyUs.p50,
    "p99 µs": report.latencyUs.p99,
  };
}

const from = options.from === "source" ? "source" : "tarball";
const model = join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx");
const slipway = await startSlipway(model, [], { from });
const echo = await startPeer(join(import.meta.dirname, "grpc-echo.ts"));
try {
  console.log(canPin() ? "Servers on core 0, load on core 1." : "Not pinned: servers and load share the cores.");
  const targets = {
    ...toTargets(slipway.url, slipway.grpc, slipway.pid),
    "grpc-js, no model": { url: echo.url, pid: echo.pid, request: toCall(), grpc: inferPath },
  };
  const runs = Object.entries(targets).map(([name, target]) => [name, () => measure(target)] as const);
  const result = await alternate(Number(options.repeats), Object.fromEntries(runs));
  console.log(
    `\nClosed loop, ${connections} connections, ${options.repeats} x ${options.seconds} s:\n\n${toTable(result)}\n`,
  );
  const share = median(ratios(result, { figure: "req/s", of: "gRPC", to: "HTTP, predict" }));
  console.log(`gRPC / HTTP, requests a second: ${toFigure(share)} (bar: at least 0.25)`);
  const cost = median(ratios(result, { figure: "CPU µs a request", of: "gRPC", to: "HTTP, predict" }));
  console.log(`gRPC / HTTP, CPU a request: ${toFigure(cost)}`);
} finally {
  echo.stop();
  await slipway.end();
}
process.exit();
