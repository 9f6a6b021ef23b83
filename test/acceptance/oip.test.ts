import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { patientServe } from "../lib/faced-models.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";
import { toBinaryBody, toBytes } from "../lib/tensor-body.ts";

const limit = 2 * 1024 * 1024;
const server = useServer({ args: ["--body-limit", String(limit)] });
const ask = (path: string, request: JsonRequest = {}) => fetchJson(`${server.url}${path}`, request);
const manifest = { serve: patientServe };
const record = async (id: string | null) => (await ask(`/api/v1/predictions/${id}`)).body;

beforeAll(async () => {
  for (const name of ["matrix", "one-text", "half", "vector"]) await deploy(server.url, smallModel(name), { manifest });
}, 60_000);

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** As it comes, no content coding undone. */
function send(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${server.url}${path}`, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

const length = (bytes: number) => ({ "inference-header-content-length": String(bytes) });
const X = (values: readonly number[]) => ({
  name: "X",
  datatype: "FP32",
  shape: [values.length / 4, 4],
  bytes: toBytes(Float32Array.from(values)),
});
const infer = "/v2/models/matrix/infer";

describe("binary tensors over HTTP", () => {
  test("go in and come out, are counted and are on record like any others", async () => {
    const { body, headerLength } = toBinaryBody([X([1, 2, 3, 4, 1, 0, 0, 0])], {
      id: "mine",
      parameters: { binary_data_output: true },
    });
    const answer = await send(infer, body, length(headerLength));
    expect(answer.status, answer.body.toString()).toBe(200);
    const headerEnd = Number(answer.headers["inference-header-content-length"]);
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    expect(JSON.parse(answer.body.toString("utf8", 0, headerEnd))).toEqual({
      model_name: "matrix",
      model_version: "1",
      id: "mine",
      outputs: [{ name: "y", shape: [2, 1], datatype: "FP32", parameters: { binary_data_size: 8 } }],
    });
    expect(answer.body.subarray(headerEnd)).toEqual(Buffer.from(toBytes(Float32Array.of(30, 1))));
    expect(await record(answer.headers["x-slipway-prediction"] as string)).toMatchObject({
      face: "oip",
      status: "ok",
      request_id: "mine",
    });
  });

  test("are answered as JSON where nobody asks for more", async () => {
    const { body, headerLength } = toBinaryBody([X([1, 2, 3, 4])]);
    const answer = await send(infer, body, length(headerLength));
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ outputs: [{ data: [30] }] });
  });

  test("that are wrong say which, what was expected and what came, and are on record with their body", async () => {
    const { body, headerLength } = toBinaryBody([X([1, 2, 3, 4])]);
    for (const [sent, header, reason] of [
      [body.subarray(0, -1), headerLength, /"X".*15 of the 15 bytes/],
      [body, headerLength + 1000, /from 0 to the \d+ of the body/],
      [body, headerLength - 1, /not JSON/],
    ] as const) {
      const answer = await send(infer, sent, length(header));
      expect([answer.status, answer.headers["content-type"]]).toEqual([400, "application/json"]);
      expect(JSON.parse(answer.body.toString())).toEqual({ error: expect.stringMatching(reason) as string });
      const { status, error } = await record(answer.headers["x-slipway-prediction"] as string);
      expect([status, error.message]).toEqual(["error", expect.stringMatching(reason)]);
    }
  });
});

test.each([
  ["infinite", "Infinity"],
  ["endless", "9".repeat(400)],
  ["a fraction", "1.5"],
  ["negative", "-1"],
  ["no number", "NaN"],
  ["beyond the body", "400001"],
])("a header length that is %s is refused, also before a body that comes in pieces", async (_what, header) => {
  const answer = await send(infer, Buffer.alloc(400_000, " "), { "inference-header-content-length": header });
  expect([answer.status, answer.body.toString()]).toEqual([400, expect.stringContaining("the bytes of the JSON")]);
});

describe("a body without JSON", () => {
  const image = Buffer.from("<svg>ä</svg>");
  test.each([
    ["an image", { "content-type": "image/svg+xml" }, image],
    ["an octet-stream", { "content-type": "application/octet-stream" }, image],
    ["one that begins as JSON does", { "content-type": "application/octet-stream" }, Buffer.from('{"inputs":1}')],
    ["one that is told to have no JSON", { "content-type": "application/octet-stream", ...length(0) }, image],
  ])("%s is the value of the only BYTES input", async (_what, headers, body) => {
    const answer = await send("/v2/models/one-text/infer", body, headers);
    expect(answer.status, answer.body.toString()).toBe(200);
    expect(answer.body.includes(body)).toBe("inference-header-content-length" in headers || !body.includes('"'));
    expect(await record(answer.headers["x-slipway-prediction"] as string)).toMatchObject({
      inputs: { INPUT0: body.toString() },
    });
  });

  test("JSON that is called an octet-stream is JSON", async () => {
    const json = JSON.stringify({ inputs: [{ name: "INPUT0", datatype: "BYTES", shape: [2], data: ["a", "b"] }] });
    const answer = await send("/v2/models/one-text/infer", json, { "content-type": "application/octet-stream" });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ outputs: [{ shape: [2], data: ["a", "b"] }] });
  });

  test("an image is no input of another model", async () => {
    const answer = await send(infer, image, { "content-type": "image/png" });
    expect([answer.status, answer.body.toString()]).toEqual([415, expect.stringContaining("one value of BYTES")]);
  });
});

describe("content codings", () => {
  const rows = Array.from({ length: 800 }, (_, i) => [i, 1, 2, 3]);
  const row = { X: [1, 2, 3, 4] };
  const faces: readonly (readonly [path: string, body: object])[] = [
    ["/api/v1/endpoints/matrix/predict", rows.map((X) => ({ X }))],
    ["/endpoints/matrix/predict", rows.map((X) => ({ X }))],
    ["/endpoints/matrix/invocations", { inputs: rows }],
    ["/v1/models/matrix:predict", { instances: rows }],
    [infer, { inputs: [{ name: "X", datatype: "FP32", shape: [800, 4], data: rows.flat() }] }],
  ];
  const codings = { gzip: gzipSync, deflate: deflateSync } as const;

  describe.each(faces)("%s", (path, given) => {
    const json = { "content-type": "application/json" };
    test.each(["gzip", "deflate"] as const)("takes and gives %s", async (coding) => {
      const text = JSON.stringify(given);
      const plain = await send(path, text, json);
      expect(plain.headers["content-encoding"]).toBeUndefined();
      const headers = { ...json, "content-encoding": coding, "accept-encoding": coding };
      const answer = await send(path, codings[coding](text), headers);
      expect([answer.status, answer.headers["content-encoding"]]).toEqual([200, coding]);
      expect(answer.body.length).toBeLessThan(plain.body.length / 2);
      const unpacked = (coding === "gzip" ? gunzipSync : inflateSync)(answer.body);
      const withoutId = (body: Buffer) => body.toString().replace(/"id":"[^"]+"/, "");
      expect(withoutId(unpacked)).toBe(withoutId(plain.body));
    });
  });

  test("an answer is left alone where nothing is gained", async () => {
    const headers = { "content-type": "application/json", "accept-encoding": "gzip" };
    const small = await send("/endpoints/matrix/predict", JSON.stringify(row), headers);
    expect(small.headers["content-encoding"]).toBeUndefined();
    const floats = new Float32Array(
      randomBytes(128 * 4 * 20)
        .map((byte) => byte & 0x7f)
        .buffer.slice(0),
    );
    const vector = { name: "INPUT0", datatype: "FP32", shape: [20, 128], bytes: toBytes(floats) };
    const { body, headerLength } = toBinaryBody([vector], { parameters: { binary_data_output: true } });
    const many = { ...length(headerLength), "accept-encoding": "gzip, deflate, br" };
    expect((await send("/v2/models/vector/infer", body, many)).headers["content-encoding"]).toBeUndefined();
  });

  test("bare deflate is taken, binary tensors may be compressed", async () => {
    const { body, headerLength } = toBinaryBody([X([1, 2, 3, 4])]);
    for (const [coding, packed] of [
      ["deflate", deflateRawSync(body)],
      ["gzip", gzipSync(body)],
      ["X-GZIP", gzipSync(body)],
      ["identity", body],
    ] as const) {
      const answer = await send(infer, packed, { ...length(headerLength), "content-encoding": coding });
      expect([coding, answer.status]).toEqual([coding, 200]);
    }
  });

  test("a few bytes that become many are refused, and the server goes on", async () => {
    const bombs = [gzipSync(Buffer.alloc(limit + 1)), gzipSync(Buffer.alloc(16 * limit))];
    const answers = await Promise.all(
      [...bombs, ...bombs, ...bombs].map((bomb) => send(infer, bomb, { "content-encoding": "gzip" })),
    );
    for (const { status, body } of answers)
      expect([status, body.toString()]).toEqual([413, expect.stringContaining("once it is inflated")]);
    const whole = JSON.stringify({ inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] });
    const padded = gzipSync(whole.padEnd(limit, " "));
    expect((await send(infer, padded, { "content-encoding": "gzip" })).status).toBe(200);
  });

  test.each([
    ["br", Buffer.from("x"), 415, /br.*gzip, deflate or none/],
    ["gzip, deflate", Buffer.from("x"), 415, /gzip, deflate/],
    ["gzip", Buffer.from("hello"), 400, /not whole gzip data/],
    ["gzip", gzipSync("hello hello hello").subarray(0, -9), 400, /not whole gzip data/],
    ["deflate", Buffer.from("hello"), 400, /not whole deflate data/],
    ["gzip", Buffer.alloc(0), 400, /empty/],
  ] as const)("%s: what is none is refused", async (coding, body, status, reason) => {
    const answer = await send(infer, body, { "content-encoding": coding });
    expect([answer.status, answer.body.toString()]).toEqual([status, expect.stringMatching(reason)]);
  });
});

describe("the repository of models", () => {
  const index = async (json: object = {}) => (await ask("/v2/repository/index", { json })).body;
  const change = (name: string, verb: string, json: object = {}) =>
    ask(`/v2/repository/models/${name}/${verb}`, { json });
  const value = async (name: string) =>
    (await ask(`/endpoints/${name}/predict`, { json: { X: [1, 0, 0, 0] } })).body.prediction?.y ?? null;

  test("unloading takes the traffic away, loading brings back what served last, both in the audit trail", async () => {
    for (const factor of [1, 2]) await deploy(server.url, scaledMatrix(factor), { name: "loads", manifest });
    await ask("/api/v1/endpoints/loads/rollback", { json: {} });
    expect(await value("loads")).toBe(1);
    expect(await index()).toContainEqual({ name: "loads", version: "1", state: "READY", reason: "" });
    expect((await change("loads", "unload")).body).toEqual({ name: "loads", unload: true });
    expect((await change("loads", "unload")).status).toBe(200);
    expect(await index()).toContainEqual({ name: "loads", version: "1", state: "UNAVAILABLE", reason: "unloaded" });
    expect((await index({ ready: true })).map(({ name }: { name: string }) => name)).not.toContain("loads");
    expect((await ask("/v2/models/loads/ready")).status).toBe(404);
    for (let i = 0; i < 2; i++) expect((await change("loads", "load")).body).toEqual({ name: "loads", load: true });
    expect(await value("loads")).toBe(1);
    const { stdout } = await runCli(["audit", "--subject", "loads", "-o", "json"], { url: server.url });
    const told = (JSON.parse(stdout) as { details: { action: string } }[]).map(({ details }) => details.action);
    expect(told.slice(0, 2)).toEqual(["promote", "undeploy"]);
    expect(told.filter((action) => action === "promote")).toHaveLength(1);
  });

  test("an endpoint that follows an alias comes back with what that means now", async () => {
    const serve = { ...patientServe, follow: "blue" };
    await deploy(server.url, scaledMatrix(1), { name: "follows", manifest: { serve } });
    await deploy(server.url, scaledMatrix(2), { name: "follows", traffic: false });
    await change("follows", "unload");
    expect((await runCli(["alias", "set", "follows@2", "blue"], { url: server.url })).code).toBe(0);
    await change("follows", "load");
    expect(await value("follows")).toBe(2);
    expect((await runCli(["alias", "set", "follows@1", "blue"], { url: server.url })).code).toBe(0);
    expect(await value("follows")).toBe(1);
  });

  test.each([
    ["nothing", "load", {}, 404, /nothing/],
    ["nothing", "unload", {}, 404, /nothing/],
    ["matrix", "load", { parameters: { config: "{}" } }, 501, /"config".*slipway deploy/],
    ["matrix", "load", { parameters: { "file:1/model.onnx": "" } }, 501, /file:1/],
    ["matrix", "load", [], 400, /object/],
    ["matrix", "load", { parameters: 1 }, 400, /parameters/],
    ["UPPER", "load", {}, 400, /not a valid model name/],
  ])("%s %s %j is refused", async (name, verb, json, status, reason) => {
    const answer = await change(name, verb, json);
    expect([answer.status, answer.body.error]).toEqual([status, expect.stringMatching(reason)]);
  });
});

test("statistics are of the version that serves, and begin anew with the next", async () => {
  await deploy(server.url, scaledMatrix(1), { name: "counted", manifest });
  const stats = async () => (await ask("/v2/models/counted/stats")).body.model_stats[0];
  for (let i = 0; i < 3; i++)
    await ask("/endpoints/counted/predict", { json: [{ X: [1, 2, 3, 4] }, { X: [1, 2, 3, 4] }] });
  expect(await stats()).toMatchObject({
    version: "1",
    inference_count: 6,
    inference_stats: { success: { count: 3 }, fail: { count: 0 } },
  });
  await deploy(server.url, scaledMatrix(2), { name: "counted", manifest });
  expect(await stats()).toMatchObject({ version: "2", inference_count: 0 });
});

test("Triton's timeout is the request's own, in microseconds", async () => {
  const inputs = [{ name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }];
  const late = await ask(infer, { json: { parameters: { timeout: 0.001 }, inputs } });
  expect([late.status, late.body.error]).toEqual([504, expect.any(String)]);
  expect((await ask(infer, { json: { parameters: { timeout: 20_000_000 }, inputs } })).status).toBe(200);
});

test("FP16 has no JSON form: the refusal says so before the model runs", async () => {
  const asJson = await ask("/v2/models/half/infer", {
    json: { inputs: [{ name: "x", datatype: "FP16", shape: [1, 2], data: [1, 2] }] },
  });
  expect([asJson.status, asJson.body.error]).toEqual([400, expect.stringContaining("send it as binary")]);
  const half = { name: "x", datatype: "FP16", shape: [1, 2], bytes: Uint8Array.of(0, 60, 0, 64) };
  const { body, headerLength } = toBinaryBody([half]);
  const answer = await send("/v2/models/half/infer", body, length(headerLength));
  expect([answer.status, answer.body.toString()]).toEqual([400, expect.stringContaining("Ask for it as binary")]);
});

test("a caller who goes away in the middle of a body leaves no error behind, nor does anything above", async () => {
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST ${infer} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"inputs":`);
  // The answer to another request comes after what this one sent was read.
  await ask("/v2");
  socket.destroy();
  for (let i = 0; i < 3; i++) await ask("/v2/models");
  expect((await ask("/api/v1/logs?level=error&limit=1000")).body.items).toEqual([]);
});
