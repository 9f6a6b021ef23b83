import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ModelLine } from "../process/model-process.ts";
import type { RemoteOptions } from "../remote/remote-replica.ts";
import type { OpenOptions, Replica, Runtime } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { createCommandRuntime, createRemoteOipRuntime, describeOip, type CommandRuntimeOptions } from "./index.ts";

const script = fileURLToPath(new URL("testing/oip-server.ts", import.meta.url));
const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP64", shape: [-1, 2], nullable: true }],
  outputs: [{ name: "y", datatype: "FP64", shape: [-1, 2] }],
  packed: null,
  batched: true,
};
const row = (...data: number[]): Tensor[] => [
  { name: "x", datatype: "FP64", shape: [data.length / 2, 2], data: new Float64Array(data) },
];
const doubled = async (replica: Replica, ...data: number[]) => {
  const [y] = await replica.run(row(...data));
  return { ...y!, data: [...(y!.data as Float64Array)] };
};

async function open(runtime: Runtime, options: Partial<OpenOptions> = {}, folder = "/"): Promise<Replica> {
  const replica = await runtime.open({ folder, path: "." }, signature, { threads: 1, what: "double@1", ...options });
  onTestFinished(() => replica.close());
  return replica;
}

function command(environment: Record<string, string> = {}, more: Partial<CommandRuntimeOptions> = {}): Runtime {
  return createCommandRuntime({ command: [process.execPath, script], model: "double", environment, ...more });
}

/** A server of its own; where it listens. */
async function startServer(environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [script], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const port = /\d+/.exec(said)![0];
  return { url: `http://127.0.0.1:${port}`, port, kill: () => child.kill("SIGKILL") };
}

function remote(url: string, more: RemoteOptions & { headers?: Record<string, string> } = {}): Runtime {
  return createRemoteOipRuntime({ url, model: "double", ...more });
}

describe.each([
  ["command", (environment: Record<string, string>) => Promise.resolve(command(environment))],
  ["remote", async (environment: Record<string, string>) => remote((await startServer(environment)).url)],
] as const)("a %s", (_name, create) => {
  test.each([
    ["JSON", {}],
    ["bytes", { BINARY: "1" }],
  ] as const)("answers in %s", async (_form, environment) => {
    const replica = await open(await create(environment));
    expect(await doubled(replica, 0.1, 5, 6, 7)).toEqual({
      name: "y",
      datatype: "FP64",
      shape: [2, 2],
      data: [0.2, 10, 12, 14],
    });
    expect(await doubled(replica, 5, NaN)).toMatchObject({ data: [10, NaN] });
    const many = await Promise.all([10, 11, 12].map((value) => doubled(replica, value, 0)));
    expect(many.map(({ data }) => data[0])).toEqual([20, 22, 24]);
  });

  test("what is no answer is said to be none, and it goes on", async () => {
    const replica = await open(await create({}));
    for (const [value, code, message] of [
      [1, "model_failed", /cannot be read: it has no output "y", but "z"/],
      [2, "model_failed", /cannot be read: it is no JSON/],
      [3, "model_failed", /cannot be read: output "y" has shape \[7\], which is 7 elements, but data has 2/],
      [400, "invalid_input", /^The model's server refused the values: 400 is not for me$/],
    ] as const)
      await expect(doubled(replica, value, 0)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await doubled(replica, 4, 5)).toMatchObject({ data: [8, 10] });
    expect(replica.ready).toBe(true);
  });

  test("that says nonsense of its model does not open", async () => {
    for (const [nonsense, message] of [
      ["hello", /answers GET \/v2\/models\/double with what is no JSON/],
      ['{"inputs":[{"name":"x","datatype":"FLOAT","shape":[1]}]}', /inputs\[0\]\.datatype is "FLOAT"/],
      ['{"inputs":[{"name":"x","datatype":"FP32","shape":"any"}]}', /inputs\[0\]\.shape is "any"/],
    ] as const)
      await expect(create({ NONSENSE: nonsense }).then((runtime) => open(runtime))).rejects.toMatchObject({
        code: "invalid_model",
        message: expect.stringMatching(message),
      });
  });

  test("that is gone in a run is out of service, and comes back where it is started from here", async () => {
    const replica = await open(await create({}));
    await expect(doubled(replica, 666, 0)).rejects.toMatchObject({
      message: expect.stringMatching(/SIGSEGV|cannot be asked: it closed the connection without an answer/),
    });
    expect(replica.ready).toBe(false);
    if (_name === "remote") return;
    await replica.whenReady!();
    expect(await doubled(replica, 4, 5)).toMatchObject({ data: [8, 10] });
  });
});

test("a command is a file of the version, runs in its folder, is told where to listen, and its lines are handed on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-command-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "serve"), '#!/bin/sh\necho "at $1, $HOST:$PORT"; exec "$NODE" server.ts\n', {
    mode: 0o444,
  });
  copyFileSync(script, join(folder, "server.ts"));
  const lines: ModelLine[] = [];
  const options = { command: ["./serve", "{host}:{port}"], onLine: (line: ModelLine) => lines.push(line) };
  const replica = await open(command({ NODE: process.execPath }, options), { copy: 2 }, folder);
  expect(await doubled(replica, 4, 5)).toMatchObject({ data: [8, 10] });
  expect(lines).toMatchObject([
    { what: "double@1", copy: 2, stream: "stdout", text: expect.stringMatching(/^at (127\.0\.0\.1:\d+), \1$/) },
    { text: expect.stringMatching(/^listening on \d+$/) },
  ]);
  expect(statSync(join(folder, "serve")).mode & 0o777).toBe(0o555);
});

test("a command that never listens, or ends at once, does not open, and says why", async () => {
  const giveUp = new AbortController();
  const opening = open(command({}, { command: ["sleep", "1000"] }), { signal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 500);
  await expect(opening).rejects.toMatchObject({
    code: "not_ready",
    message: expect.stringMatching(/did not start: it could not be asked in time \(connect ECONNREFUSED/),
  });
  const failing = command({}, { command: ["sh", "-c", "echo no licence >&2; exit 3"] });
  await expect(open(failing)).rejects.toMatchObject({
    message: "The program of double@1 did not start: it ended with code 3; it said: no licence.",
  });
});

test("a server that somebody else runs is named where it is out of reach, and found again when it is back", async () => {
  const server = await startServer();
  const replica = await open(remote(server.url, { backoffMs: 10, maxBackoffMs: 50 }));
  server.kill();
  // Nobody asks for a run: it is looked at by itself.
  await expect.poll(() => replica.ready, { timeout: 30_000 }).toBe(false);
  expect(replica.trouble).toMatch(/^double@1 is out of reach\. The server .*ECONNREFUSED/);
  await expect(doubled(replica, 4, 5)).rejects.toMatchObject({ code: "not_ready" });
  await startServer({ PORT: server.port });
  await expect.poll(() => replica.ready, { timeout: 30_000 }).toBe(true);
  expect(await doubled(replica, 4, 5)).toMatchObject({ data: [8, 10] });
});

test("a server that cannot be asked at deploy is named with what to do", async () => {
  const server = await startServer({ HEALTH: "503" });
  await expect(open(remote(server.url))).rejects.toMatchObject({
    code: "not_ready",
    message: `The server ${server.url} cannot be asked: GET /v2/health/ready answers 503. Start it, or correct the address that the model was deployed with.`,
  });
  const signal = new AbortController().signal;
  await expect(describeOip({ url: "http://127.0.0.1:1", model: "double", signal })).rejects.toMatchObject({
    code: "not_ready",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  await expect(describeOip({ url: "ftp://x", model: "double", signal })).rejects.toThrow("http:// or https://");
  await expect(describeOip({ url: "http://me:secret@x", model: "double", signal })).rejects.toThrow("Make it a secret");
});

test("what a server says of its model is a report, and credentials go with each request", async () => {
  const { url } = await startServer();
  const signal = new AbortController().signal;
  const headers = { authorization: "Bearer s3cret" };
  expect(await describeOip({ url, model: "double", signal, headers })).toEqual({
    inputs: [{ name: "x", datatype: "FP64", shape: [-1, 2], nullable: false }],
    outputs: [{ name: "y", datatype: "FP64", shape: [-1, 2] }],
    matrix: null,
    batched: true,
    platform: "node_test",
    python: null,
    packages: {},
    example: null,
    notes: [],
  });
  await expect(describeOip({ url, model: "other", signal })).rejects.toMatchObject({
    code: "invalid_model",
    message: expect.stringContaining("GET /v2/models/other with status 404"),
  });
});
