import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeployFilesRequest, Operation } from "@slipway/contract";

const script = fileURLToPath(new URL("../bin/slipway.js", import.meta.url));
let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function start(args: readonly string[], url: string, input?: string) {
  const env = { ...process.env, SLIPWAY_URL: url, SLIPWAY_TOKEN: "t0ken", NO_COLOR: "1" };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input ?? "");
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const result = Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { child, result: result.then(([code, out, err]) => ({ code, out, err })) };
}

const run = (args: readonly string[], url: string, input?: string) => start(args, url, input).result;

type Answer = (request: IncomingMessage, body: Buffer, response: ServerResponse) => unknown;

/** Answers with the JSON that `answer` gives; undefined: it has answered by itself. */
async function serve(answer: Answer) {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const value = answer(request, Buffer.concat(pieces), response);
      if (value === undefined) return;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, [Symbol.dispose]: () => (server.closeAllConnections(), void server.close()) };
}

function problem(response: ServerResponse, status: number, code: string): undefined {
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ code, detail: `about ${code}` }));
  return undefined;
}

describe("exit codes", () => {
  const nowhere = "http://127.0.0.1:1";

  test.each([
    [["--help"], 0],
    [[], 0],
    [["--version"], 0],
    [["show", "--help"], 0],
    [["nothing"], 2],
    [["models", "-o", "parquet"], 2],
    [["show", "Bad/Name"], 2],
    [["models", "--url", "nonsense"], 2],
    [["models"], 3],
    [["undeploy", "x"], 5],
  ] as const)("slipway %j ends with %d", async (args, code) => {
    const result = await run(args, nowhere);
    expect(result.code).toBe(code);
    expect(result.err.startsWith("error: ")).toBe(code !== 0);
    expect(result.out === "").toBe(code !== 0);
  });

  test("what the server says decides; --json tells it as a problem on stderr", async () => {
    using server = await serve((request, _body, response) =>
      request.url?.includes("gone") === true
        ? problem(response, 404, "model_not_found")
        : problem(response, 412, "in_use"),
    );
    const gone = await run(["show", "gone"], server.url);
    expect(gone).toEqual({
      code: 4,
      out: "",
      err: "error: about model_not_found\nhint: `slipway models` lists them.\n",
    });
    const used = await run(["delete", "used@1", "--yes", "--json"], server.url);
    expect(used.code).toBe(5);
    expect(JSON.parse(used.err)).toMatchObject({ code: "in_use", status: 412 });
  });

  test("a question needs a terminal or --yes, and then nothing is sent", async () => {
    let asked = 0;
    using server = await serve((_request, _body, response) => {
      asked++;
      response.writeHead(204).end();
    });
    const refused = await run(["delete", "x@1"], server.url, "y\n");
    expect([refused.code, asked]).toEqual([5, 0]);
    const done = await run(["delete", "x@1", "--yes"], server.url);
    expect([done.code, asked, done.out]).toEqual([0, 1, "x@1 is deleted.\n"]);
  });
});

test("predict reads stdin, marks what is not on record, and answers in the form that was asked for", async () => {
  const bodies: unknown[] = [];
  using server = await serve((_request, body, response) => {
    const records = JSON.parse(body.toString()) as unknown[];
    bodies.push(records);
    response.setHeader("x-slipway-logged", "false");
    const predictions = records.map((_, i) => ({ late: i }));
    return { id: "0193", endpoint: "f", model: "f", version: 2, predictions };
  });
  const csv = await run(["predict", "f", "-", "-o", "csv"], server.url, '{"a":1}\n{"a":2}\n');
  expect(csv).toEqual({
    code: 0,
    out: "late,version,id\n0,f@2,0193/0\n1,f@2,0193/1\n",
    err: "warning: the server could not put this prediction on record.\n",
  });
  const lines = Array.from({ length: 501 }, (_, i) => `{"a":${i}}`).join("\n");
  const json = await run(["predict", "f", "--file", "-", "--json"], server.url, lines);
  expect(json.out.trimEnd().split("\n")).toHaveLength(501);
  expect(bodies.map((body) => (body as unknown[]).length)).toEqual([2, 500, 1]);
});

describe("deploy", () => {
  const bytes = "model bytes";
  const sha256 = createHash("sha256").update(bytes).digest("hex");

  function operation(id: string, state: Operation["state"], error: Operation["error"] = null): Operation {
    const at = "2026-11-22T10:15:30.123Z";
    const about = { kind: "deploy", subject: "m", stage: "probe", message: "Measuring", fraction: 0.5, log: [] };
    const result = { model: "m", version: 3, digest: sha256, created: true, endpoint: "m", revision: 4 };
    const done = state === "succeeded" ? { ...result, placement: "thread", notes: [] } : null;
    return { id, ...about, state, error, result: done, created_at: at, updated_at: at, finished_at: null };
  }

  const hour = { name: "hour", datatype: "INT64", shape: [-1], nullable: false, range: [0, 23] };
  const signature = { inputs: [hour], outputs: [], packed: null, batched: true };

  /** A server with blobs, whose operations are given by `decide`. */
  async function startServer(decide: (request: DeployFilesRequest) => Operation) {
    const blobs = new Map<string, string>();
    const operations = new Map<string, Operation>();
    const server = await serve((request, body, response) => {
      const { method = "", url = "" } = request;
      const blob = /^\/api\/v1\/blobs\/(\w+)$/.exec(url)?.[1];
      if (blob !== undefined && method === "HEAD") return void response.writeHead(blobs.has(blob) ? 200 : 404).end();
      if (blob !== undefined) {
        blobs.set(blob, body.toString());
        return { sha256: blob, size: body.length, complete: true };
      }
      if (url === "/api/v1/deployments") {
        const made = decide(JSON.parse(body.toString()) as DeployFilesRequest);
        operations.set(made.id, made);
        return made;
      }
      if (url === "/api/v1/models/m/versions/3") return { signature };
      const [, id = "", verb] = /^\/api\/v1\/operations\/(\w+)(?:\/(\w+))?$/.exec(url) ?? [];
      if (verb === "events") return problem(response, 406, "unimplemented");
      if (verb === "cancel") operations.set(id, operation(id, "cancelled"));
      return operations.get(id) ?? problem(response, 404, "version_not_found");
    });
    return { ...server, blobs };
  }

  test("sends the bytes once and prints the version; the token is nowhere", async () => {
    const path = join(root, "m.onnx");
    await writeFile(path, bytes);
    using server = await startServer(() => operation("o1", "succeeded"));
    const first = await run(["deploy", path], server.url);
    expect(first.code).toBe(0);
    expect(first.out).toContain("m@3");
    expect(first.out).toContain(`${server.url}/api/v1/endpoints/m/predict`);
    expect(first.out + first.err).not.toContain("t0ken");
    expect([...server.blobs]).toEqual([[sha256, bytes]]);
    const again = await run(["deploy", path, "--json"], server.url);
    expect(JSON.parse(again.out)).toMatchObject({ model: "m", version: 3, endpoint: "m" });
  });

  test("says when nothing new was made, and how to try it", async () => {
    const path = join(root, "same.onnx");
    await writeFile(path, bytes);
    const done = operation("o1", "succeeded");
    const notes = ["Runs fast.", "these bytes are version 3 already; nothing new was made"];
    using server = await startServer(() => ({ ...done, result: { ...done.result, created: false, notes } }));
    const { out, err } = await run(["deploy", path], server.url);
    expect(out).toMatch(/^version +m@3, which was there already\nmade +nothing new: /);
    expect(out).toMatch(/^note +Runs fast\.$/m);
    expect(out.match(/nothing new/g)).toHaveLength(1);
    const record = '{"hour":11}';
    expect(err).toContain(`\n  slipway predict m --data '${record}'\n`);
    expect(err).toContain(`\n  curl -s '${server.url}/api/v1/endpoints/m/predict' `);
    expect(err).toContain(`-d '${record}'\n`);
  });

  test("adds the files that the server misses, once", async () => {
    const path = join(root, "big.onnx");
    await writeFile(path, bytes);
    await writeFile(join(root, "weights"), "w");
    const requests: string[][] = [];
    using server = await startServer(({ files }) => {
      requests.push(files.map((file) => file.path));
      const details = { missing_files: ["weights"] };
      const error = { code: "invalid_model", message: "A file is missing.", details };
      return files.length > 1 ? operation("o2", "succeeded") : operation("o1", "failed", error);
    });
    expect((await run(["deploy", path], server.url)).code).toBe(0);
    expect(requests).toEqual([["big.onnx"], ["big.onnx", "weights"]]);
    await rm(join(root, "weights"));
    const failed = await run(["deploy", path], server.url);
    expect([failed.code, failed.err.includes("error: A file is missing.")]).toEqual([1, true]);
  });

  test("Ctrl-C cancels the operation and ends with 130", async () => {
    const path = join(root, "slow.onnx");
    await writeFile(path, bytes);
    using server = await startServer(() => operation("o1", "running"));
    const { child, result } = start(["deploy", path], server.url);
    let err = "";
    child.stderr.on("data", (piece: Buffer) => {
      err += piece.toString();
      if (piece.toString().includes("Measuring")) child.kill("SIGINT");
    });
    expect((await result).code).toBe(130);
    expect(err).toContain("was cancelled");
  });
});
