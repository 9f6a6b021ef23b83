import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findEntry, toCommand } from "../test/lib/entry.ts";
import { createServer } from "../test/lib/running-server.ts";
import { root } from "../tools/layer-list.ts";
import { pinTo } from "./lib/pin.ts";
import { readRssBytes } from "./lib/process-usage.ts";
import { runLoad } from "./lib/run-load.ts";
import { alternate, toTable } from "./lib/table.ts";

// What a user waits for and what a server weighs: the published program from a cold start to its first answer.
//   npm run bench:life -- [--repeats 5] [--log-bytes 1000000000]
const { values: options } = parseArgs({
  options: { repeats: { type: "string", default: "5" }, "log-bytes": { type: "string", default: "1000000000" } },
});

const small = join(root, "examples/flight-delays/v1");
const record = '{"origin":"ORD","destination":"SFO","hour":18,"weekday":4,"distance":1846}';
const folder = join(tmpdir(), `slipway-bench-life-${process.pid}`);
const [command = "", ...words] = toCommand(findEntry("tarball"));

function cli(args: readonly string[], url = ""): string {
  return execFileSync(command, [...words, ...args], { encoding: "utf8", env: { ...process.env, SLIPWAY_URL: url } });
}

function timed(task: () => void): number {
  const started = performance.now();
  task();
  return performance.now() - started;
}

/** A model of about 1 MB: the example with bytes after its graph that no reader looks at. */
function makeLargeModel(): string {
  const large = join(folder, "large");
  cpSync(small, large, { recursive: true });
  // Field 14, metadata_props, of an ONNX file: one entry with a long value; a new size each time makes new bytes.
  const value = Buffer.alloc(1_000_000 + (Math.floor(performance.now() * 1000) % 100_000), "a");
  const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x6b, 0x12]), varint(value.length), value]);
  writeFileSync(join(large, "model.onnx"), Buffer.concat([Buffer.from([0x72]), varint(entry.length), entry]), {
    flag: "a",
  });
  return large;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}

/** 100 versions in the store, one endpoint. */
async function makeStored(data: string): Promise<void> {
  const { server, end } = createServer({ from: "tarball", data, args: ["--log-level", "error"] });
  await server.restart();
  cli(["deploy", small, "-q"], server.url);
  for (let version = 2; version <= 100; version++) {
    const copy = join(folder, "many");
    cpSync(small, copy, { recursive: true });
    const manifest = `slipway: 1\nname: flight-delay\nmodel: {path: model.onnx, outputs: {late: {classes: [on_time, late${version}]}}}\n`;
    writeFileSync(join(copy, "slipway.yaml"), manifest);
    cli(["deploy", copy, "--no-traffic", "-q"], server.url);
  }
  await server.stop();
  await end(false);
}

async function startOn(data: string): Promise<Record<string, number>> {
  const { server, end } = createServer({ from: "tarball", data, prefix: pinTo(0), args: ["--log-level", "error"] });
  await server.restart();
  const figures = { ms: server.readyMs, "RSS MB": readRssBytes(server.pid) / 1e6 };
  await server.kill9();
  await end(false);
  return figures;
}

/** Fills the log with real records by copying full segments of one real run under one dead instance. */
async function makeLog(data: string, bytes: number): Promise<void> {
  const { server, end } = createServer({ from: "tarball", data, args: ["--log-level", "error"] });
  await server.restart();
  const body = `[${Array.from({ length: 1000 }, () => record).join(",")}]`;
  const request = { method: "POST", path: "/api/v1/endpoints/flight-delay/predict", body };
  const size = () => {
    const log = join(data, "log");
    return readdirSync(log, { recursive: true })
      .map((name) => statSync(join(log, String(name))).size)
      .reduce((sum, each) => sum + each, 0);
  };
  const single = { ...request, body: record };
  for (const requests of [[single], [request]])
    do await runLoad({ load: { url: server.url, requests, connections: 16, durationMs: 4_000 }, pid: server.pid });
    while (requests[0] === request && size() < bytes);
  console.log(`log of ${(size() / 1e9).toFixed(2)} GB, then kill -9`);
  await server.kill9();
  await end(false);
}

async function weigh(): Promise<Record<string, number>> {
  const { server, end } = createServer({ from: "tarball", prefix: pinTo(0), args: ["--log-level", "error"] });
  await server.restart();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const empty = readRssBytes(server.pid) / 1e6;
  cli(["deploy", small, "-q"], server.url);
  const idle = readRssBytes(server.pid) / 1e6;
  const request = { method: "POST", path: "/api/v1/endpoints/flight-delay/predict", body: record };
  await runLoad({
    load: { url: server.url, requests: [request], connections: 32, durationMs: 8_000 },
    pid: server.pid,
  });
  const busy = readRssBytes(server.pid) / 1e6;
  const large = makeLargeModel();
  const first = timed(() => {
    cli(["deploy", large, "-q"], server.url);
    execFileSync("curl", ["-sf", `${server.url}/api/v1/endpoints/flight-delay/predict`, "-d", record]);
  });
  await end(false);
  return {
    "deploy of 1 MB to first answer, ms": first,
    "RSS empty, MB": empty,
    "RSS idle with the model, MB": idle,
    "RSS after load, MB": busy,
  };
}

mkdirSync(folder, { recursive: true });
try {
  const repeats = Number(options.repeats);
  const stored = join(folder, "stored");
  await makeStored(stored);
  const starts = await alternate(repeats, {
    "--help": async () => ({ ms: timed(() => cli(["--help"])) }),
    "ready, 100 versions": () => startOn(stored),
  });
  console.log(`\n${toTable(starts)}\n`);
  await makeLog(stored, Number(options["log-bytes"]));
  // The first start after the kill recovers the log; later ones find it closed.
  console.log(toTable(await alternate(1, { "ready after the kill": () => startOn(stored) })));
  console.log(`\n${toTable(await alternate(repeats, { slipway: weigh }))}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
