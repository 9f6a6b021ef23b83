import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { compressionAlgorithms } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { patientServe } from "../lib/faced-models.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient, grpcStatus, type GrpcClient, type GrpcTarget } from "../lib/grpc-client.ts";
import { smallModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
let client: GrpcClient;
const iris = { name: "X", datatype: "FP32", shape: [1, 4] };
const setosa = [5.1, 3.5, 1.4, 0.2];
const typed = { model_name: "iris", inputs: [{ ...iris, contents: { fp32_contents: setosa } }] };
const raw = { model_name: "iris", inputs: [iris], raw_input_contents: [toBytes(Float32Array.from(setosa))] };
const show = async (id: unknown) => (await fetchJson(`${server.url}/api/v1/predictions/${String(id)}`)).body;

function toBytes(data: Float32Array | Uint16Array | Int32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function openClient(address: string, target: GrpcTarget = {}): GrpcClient {
  const opened = createGrpcClient(address, target);
  onTestFinished(() => opened.close());
  return opened;
}

/** A request that takes some 20 ms, and longer where others are before it: nothing is batched. */
function slow(more: object = {}): object {
  const inputs = [{ name: "X", datatype: "FP32", shape: [1, 1] }];
  return { model_name: "slow", inputs, raw_input_contents: [toBytes(Float32Array.of(1))], ...more };
}
const oneByOne = { serve: { ...patientServe, batching: "off" } };

/** Requests to a model that have begun and not ended, as the metrics tell. */
async function inFlight(url: string, endpoint: string): Promise<number> {
  const { body } = await fetchJson<string>(`${url}/metrics`);
  const pattern = new RegExp(`^slipway_requests_in_flight\\{[^}]*endpoint="${endpoint}"[^}]*\\} (\\d+)`, "m");
  return Number(pattern.exec(body)?.[1]);
}

beforeAll(async () => {
  await deploy(server.url, smallModel("iris-int"), { name: "iris", manifest: { serve: patientServe } });
  for (const name of ["half", "one-text", "simple", "vector"])
    await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
  await deploy(server.url, smallModel("slow"), { manifest: oneByOne });
  client = createGrpcClient(server.grpc);
}, 120_000);
afterAll(() => client.close());

describe("the service", () => {
  test("tells of the server and its models", async () => {
    const ask = async (method: string, request = {}) => (await client.call(method, request)).body;
    expect(await ask("ServerLive")).toEqual({ live: true });
    expect(await ask("ServerReady")).toEqual({ ready: true });
    expect(await ask("ServerMetadata")).toMatchObject({
      name: "slipway",
      extensions: expect.arrayContaining(["statistics"]),
    });
    expect(await ask("ModelReady", { name: "iris", version: "1" })).toEqual({ ready: true });
    expect(await ask("ModelMetadata", { name: "iris" })).toMatchObject({
      name: "iris",
      versions: ["1"],
      platform: "onnx_onnxv1",
      inputs: [{ name: "X", datatype: "FP32", shape: ["-1", "4"] }],
      outputs: [{ name: "label", datatype: "INT64", shape: ["-1"] }, { name: "probabilities" }],
    });
    const { config } = await ask("ModelConfig", { name: "iris" });
    expect(config).toMatchObject({
      name: "iris",
      input: [{ name: "X", data_type: "TYPE_FP32", dims: ["4"] }],
      instance_group: [{ kind: "KIND_CPU", count: 1 }],
      scheduling_choice: "dynamic_batching",
    });
  });

  test("answers typed where it was asked typed, and raw where raw", async () => {
    const fromTyped = await client.call("ModelInfer", { ...typed, id: "mine" });
    expect(fromTyped.code, fromTyped.message).toBe(grpcStatus.OK);
    expect(fromTyped.body).toMatchObject({
      model_name: "iris",
      model_version: "1",
      id: "mine",
      raw_output_contents: [],
    });
    const [label, probabilities] = fromTyped.body.outputs;
    expect(label).toMatchObject({
      name: "label",
      datatype: "INT64",
      shape: ["1"],
      contents: { int64_contents: ["0"] },
    });
    const fromRaw = await client.call("ModelInfer", raw);
    expect(fromRaw.body.outputs.map(({ contents }: { contents: unknown }) => contents)).toEqual([null, null]);
    const [labelBytes, probabilityBytes] = fromRaw.body.raw_output_contents as Buffer[];
    expect(labelBytes).toEqual(Buffer.alloc(8));
    const values = [0, 4, 8].map((at) => probabilityBytes!.readFloatLE(at));
    expect(values).toEqual(probabilities.contents.fp32_contents.map(Math.fround));
  });

  test("gives the outputs that are asked for, and classes of them", async () => {
    const outputs = [{ name: "probabilities", parameters: { classification: { int64_param: 2 } } }];
    const { body } = await client.call("ModelInfer", { ...typed, outputs });
    expect(body.outputs).toHaveLength(1);
    expect(body.outputs[0]).toMatchObject({ name: "probabilities", datatype: "BYTES", shape: ["1", "2"] });
    expect(String(body.outputs[0].contents.bytes_contents[0])).toMatch(/^0\.98[0-9]+:0/);
  });

  test("takes FP16 raw, and answers it raw whatever was asked", async () => {
    const halves = Uint16Array.of(0x3c00, 0xc000);
    const inputs = [{ name: "x", datatype: "FP16", shape: [1, 2] }];
    const { body, message } = await client.call("ModelInfer", {
      model_name: "half",
      inputs,
      raw_input_contents: [toBytes(halves)],
    });
    expect(body?.raw_output_contents, message).toEqual([toBytes(halves)]);
  });

  test("what it answers is on record, with face, key, trace and the caller's id", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { trailers } = await client.call(
      "ModelInfer",
      { ...raw, id: "request-7" },
      { metadata: { "x-slipway-key": "order-9", traceparent } },
    );
    expect(trailers["x-slipway-logged"]).toBeUndefined();
    expect(await show(trailers["x-slipway-prediction"])).toMatchObject({
      face: "grpc",
      status: "ok",
      key: "order-9",
      request_id: "request-7",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      outputs: { label: 0 },
    });
  });

  test("counts what it answered", async () => {
    const count = async () => {
      const { body } = await client.call("ModelStatistics", { name: "iris" });
      return Number(body.model_stats[0].inference_count);
    };
    const before = await count();
    await client.call("ModelInfer", raw);
    expect(await count()).toBe(before + 1);
    const all = await client.call("ModelStatistics");
    expect(all.body.model_stats.map(({ name }: { name: string }) => name)).toContain("half");
  });

  test("takes traffic from a model and gives it back", async () => {
    const stateOf = async () => {
      const { body } = await client.call("RepositoryIndex");
      return body.models.find(({ name }: { name: string }) => name === "vector");
    };
    expect(await stateOf()).toEqual({ name: "vector", version: "1", state: "READY", reason: "" });
    expect((await client.call("RepositoryModelUnload", { model_name: "vector" })).body).toEqual({
      model_name: "vector",
      isUnloaded: true,
    });
    expect(await stateOf()).toMatchObject({ state: "UNAVAILABLE" });
    const ready = await client.call("RepositoryIndex", { ready: true });
    expect(ready.body.models.map(({ name }: { name: string }) => name)).not.toContain("vector");
    // As KServe's clients say it.
    expect((await client.call("RepositoryModelLoad", { repository_name: "vector" })).body).toMatchObject({
      isLoaded: true,
    });
    expect(await stateOf()).toMatchObject({ state: "READY" });
  });
});

describe("a call that fails", () => {
  test.each<[string, string, object, grpcStatus, RegExp]>([
    [
      "of a model that is not there",
      "ModelInfer",
      { ...typed, model_name: "nobody" },
      grpcStatus.NOT_FOUND,
      /no endpoint "nobody"/,
    ],
    [
      "of a version that is not there",
      "ModelInfer",
      { ...typed, model_version: "9" },
      grpcStatus.NOT_FOUND,
      /version 9|9/,
    ],
    [
      "of a version that is none",
      "ModelInfer",
      { ...typed, model_version: "latest" },
      grpcStatus.INVALID_ARGUMENT,
      /"latest" is not a version/,
    ],
    ["without inputs", "ModelInfer", { model_name: "iris" }, grpcStatus.INVALID_ARGUMENT, /at least one tensor/],
    [
      "of another shape",
      "ModelInfer",
      { ...typed, inputs: [{ ...iris, shape: [1, 3], contents: { fp32_contents: [1, 2, 3] } }] },
      grpcStatus.INVALID_ARGUMENT,
      /expected shape \[-1, 4\], got \[1, 3\]/,
    ],
    [
      "of an unknown output",
      "ModelInfer",
      { ...typed, outputs: [{ name: "labels" }] },
      grpcStatus.INVALID_ARGUMENT,
      /no output "labels". Did you mean "label"/,
    ],
    [
      "of BF16",
      "ModelInfer",
      { ...raw, inputs: [{ ...iris, datatype: "BF16" }] },
      grpcStatus.INVALID_ARGUMENT,
      /"BF16", which no model here takes/,
    ],
    ["of the metadata of nothing", "ModelMetadata", { name: "nobody" }, grpcStatus.NOT_FOUND, /no model "nobody"/],
    [
      "of a load with files",
      "RepositoryModelLoad",
      { model_name: "iris", parameters: { config: { string_param: "{}" } } },
      grpcStatus.UNIMPLEMENTED,
      /"config" here/,
    ],
    ["of a load of nothing", "RepositoryModelLoad", { model_name: "nobody" }, grpcStatus.NOT_FOUND, /nobody/],
  ])("%s", async (_what, method, request, code, message) => {
    const answer = await client.call(method, request);
    expect([answer.code, answer.message]).toEqual([code, expect.stringMatching(message)]);
  });

  test("on its inputs is on record, and says where", async () => {
    const { trailers } = await client.call("ModelInfer", { model_name: "iris", inputs: [iris], id: "bad" });
    expect(trailers).toMatchObject({ "x-slipway-error": "invalid_input" });
    expect(await show(trailers["x-slipway-prediction"])).toMatchObject({
      face: "grpc",
      status: "error",
      error: { code: "invalid_input" },
    });
  });

  test("of a method that is not there is UNIMPLEMENTED, and what is no gRPC at all gets an HTTP status", async () => {
    const answers = await Promise.all([
      askHttp2({ ":path": "/inference.GRPCInferenceService/TraceSetting" }),
      askHttp2({ ":path": "/", "content-type": "application/json" }),
      askHttp2({ ":path": "/", ":method": "GET" }),
      askHttp2({ ":path": "/inference.GRPCInferenceService/ServerLive", "grpc-timeout": "soon" }),
      askHttp2({ ":path": "/inference.GRPCInferenceService/ServerLive", "grpc-encoding": "snappy" }),
      askHttp2({ ":path": "/inference.GRPCInferenceService/ServerLive", ":authority": "evil.example" }),
    ]);
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [200, grpcStatus.UNIMPLEMENTED],
      [415, null],
      [405, null],
      [200, grpcStatus.INVALID_ARGUMENT],
      [200, grpcStatus.UNIMPLEMENTED],
      [200, grpcStatus.PERMISSION_DENIED],
    ]);
  });
});

interface Http2Answer {
  readonly status: number;
  /** Of gRPC. */
  readonly code: number | null;
  readonly message: string;
}

/** A call with headers that no client library sends. */
function askHttp2(headers: Record<string, string>, body: Buffer = Buffer.alloc(5)): Promise<Http2Answer> {
  const session = connectHttp2(`http://${server.grpc}`);
  return new Promise((resolve, reject) => {
    session.once("error", reject);
    const stream = session.request({
      ":method": "POST",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let all: Record<string, unknown> = {};
    const take = (more: object) => (all = { ...all, ...more });
    stream.on("response", take).on("trailers", take).on("error", reject).resume();
    stream.once("close", () => {
      session.close();
      const code = all["grpc-status"];
      resolve({
        status: Number(all[":status"]),
        code: code === undefined ? null : Number(code),
        message: String(all["grpc-message"]),
      });
    });
    stream.end(headers[":method"] === "GET" ? undefined : body);
  });
}

describe("a stream", () => {
  test("answers each message in order, those that fail too", async () => {
    const { stream, answers, ended } = client.open("ModelStreamInfer");
    const count = 200;
    for (let i = 0; i < count; i++)
      stream.write(i % 3 === 0 ? { model_name: "iris", id: `${i}` } : { ...raw, id: `${i}` });
    stream.end();
    expect(await ended).toMatchObject({ code: grpcStatus.OK });
    expect(answers.map(({ infer_response }) => infer_response.id)).toEqual(
      Array.from({ length: count }, (_, i) => `${i}`),
    );
    for (const [i, { error_message, infer_response }] of answers.entries()) {
      if (i % 3 === 0) expect(error_message).toMatch(/at least one tensor/);
      else expect([error_message, infer_response.raw_output_contents.length]).toEqual(["", 2]);
    }
    const { parameters } = answers[1].infer_response;
    expect(await show(parameters.slipway_prediction.string_param)).toMatchObject({ face: "grpc", request_id: "1" });
  });

  test("goes on for as long as the caller likes", async () => {
    const { stream, answers, until, ended } = client.open("ModelStreamInfer");
    for (let i = 1; i <= 3; i++) {
      stream.write(typed);
      await until(i);
    }
    stream.end();
    await ended;
    expect(answers).toHaveLength(3);
  });
});

describe("sizes", () => {
  const text = (bytes: number) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes);
    const inputs = [{ name: "x", datatype: "BYTES", shape: [1, 1] }];
    return { model_name: "one-text", inputs, raw_input_contents: [Buffer.concat([length, Buffer.alloc(bytes, 0x61)])] };
  };

  test("a message of 60 MB is answered", async () => {
    const rows = 5_000_000;
    const inputs = [{ name: "x", datatype: "FP32", shape: [rows, 3] }];
    const request = { model_name: "vector", inputs, raw_input_contents: [Buffer.alloc(rows * 12)] };
    const { code, message } = await client.call("ModelInfer", request);
    // What the model makes of it is not the point.
    expect([code, message]).not.toContain(grpcStatus.RESOURCE_EXHAUSTED);
  }, 60_000);

  test("a message over the limit is refused, and the connection lives on", async () => {
    const { code, message, trailers } = await client.call("ModelInfer", text(65 * 1024 * 1024));
    expect([code, message]).toEqual([
      grpcStatus.RESOURCE_EXHAUSTED,
      expect.stringMatching(/more than the 67108864.*body_limit/),
    ]);
    expect(trailers["x-slipway-error"]).toBe("too_large");
    expect(await client.call("ServerLive")).toMatchObject({ body: { live: true } });
  }, 60_000);

  test("compressed messages are read, and answered compressed; a bomb is not", async () => {
    const options = { "grpc.default_compression_algorithm": compressionAlgorithms.gzip };
    const zipped = openClient(server.grpc, { options });
    expect((await zipped.call("ModelInfer", raw)).body.outputs).toHaveLength(2);
    const rows = 1000;
    const many = { ...raw, inputs: [{ ...iris, shape: [rows, 4] }], raw_input_contents: [Buffer.alloc(rows * 16)] };
    expect((await zipped.call("ModelInfer", many)).body.raw_output_contents[0]).toHaveLength(rows * 8);
    expect(await zipped.call("ModelInfer", text(70 * 1024 * 1024))).toMatchObject({
      code: grpcStatus.RESOURCE_EXHAUSTED,
      message: expect.stringMatching(/decompressed/),
    });
  }, 60_000);
});

describe("time", () => {
  const infer = "/inference.GRPCInferenceService/ModelInfer";

  test("a deadline of the call is kept by the server, which says so in time", async () => {
    const { stream } = client.open("ModelStreamInfer");
    stream.end();
    const message = await serialized(slow());
    const { code, message: why } = await askHttp2({ ":path": infer, "grpc-timeout": "2m" }, message);
    expect([code, why]).toEqual([
      grpcStatus.DEADLINE_EXCEEDED,
      expect.stringMatching(/No answer within|deadline passed|not.*in time/i),
    ]);
    expect((await askHttp2({ ":path": infer, "grpc-timeout": "20S" }, message)).code).toBe(grpcStatus.OK);
  });

  test("Triton's parameter, in microseconds, is one too", async () => {
    const { code } = await client.call("ModelInfer", slow({ parameters: { timeout: { int64_param: 1500 } } }));
    expect(code).toBe(grpcStatus.DEADLINE_EXCEEDED);
  });

  test("a call that is cancelled frees its place, and is on record as cancelled", async () => {
    const ahead = Array.from({ length: 60 }, () => client.call("ModelInfer", slow()));
    await expect.poll(() => inFlight(server.url, "slow"), { timeout: 20_000 }).toBeGreaterThan(20);
    const leaving = new AbortController();
    const cancelled = client.call("ModelInfer", slow({ id: "leaves" }), { signal: leaving.signal });
    const lost = connectHttp2(`http://${server.grpc}`).on("error", () => {});
    const request = lost.request({ ":method": "POST", ":path": infer, "content-type": "application/grpc" });
    request.on("error", () => {}).end(await serialized(slow({ id: "lost" })));
    // It is answered after what was sent before it.
    await new Promise((resolve) => lost.ping(resolve));
    leaving.abort();
    lost.destroy();
    expect((await cancelled).code).toBe(grpcStatus.CANCELLED);
    const codes = async () => {
      const { body } = await fetchJson(`${server.url}/api/v1/endpoints/slow/predictions?limit=100`);
      const items = body.items as { request_id: string | null; error: { code: string } | null }[];
      return ["leaves", "lost"].map((id) => items.find(({ request_id }) => request_id === id)?.error?.code);
    };
    await expect.poll(codes, { timeout: 20_000 }).toEqual(["cancelled", "cancelled"]);
    expect(new Set((await Promise.all(ahead)).map(({ code }) => code))).toEqual(new Set([grpcStatus.OK]));
  }, 60_000);

  /** A frame of a ModelInfer request. */
  async function serialized(request: object): Promise<Buffer> {
    const { loadSync } = await import("@grpc/proto-loader");
    const { protoFolder } = await import("../../tools/proto.ts");
    const { ModelInfer } = loadSync(join(protoFolder, "inference.proto"), { keepCase: true })[
      "inference.GRPCInferenceService"
    ] as unknown as { ModelInfer: { requestSerialize(value: object): Buffer } };
    const bytes = ModelInfer.requestSerialize(request);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  }

  test("who sends no request, or half of one, is not waited for", async () => {
    const hasty = await startServer({ args: ["--request-timeout", "300ms"] });
    const silent = connect(Number(hasty.grpc.split(":")[1]), "127.0.0.1");
    const closed = new Promise<void>((resolve) => silent.once("close", () => resolve()));
    silent.resume();
    const session = connectHttp2(`http://${hasty.grpc}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": infer, "content-type": "application/grpc" });
    const status = new Promise((resolve) => stream.once("response", (headers) => resolve(headers["grpc-status"])));
    stream.on("error", () => {}).resume();
    stream.write(Buffer.from([0, 0, 0, 1]));
    expect(await status).toBe(String(grpcStatus.DEADLINE_EXCEEDED));
    await closed;
  });
});

describe("health and reflection", () => {
  const health: GrpcTarget = { proto: "health.proto", service: "grpc.health.v1.Health" };

  test("the health of the server and of a model", async () => {
    const { call } = openClient(server.grpc, health);
    const statusOf = async (service: string) => (await call("Check", { service })).body?.status;
    expect(await statusOf("")).toBe("SERVING");
    expect(await statusOf("inference.GRPCInferenceService")).toBe("SERVING");
    expect(await statusOf("iris")).toBe("SERVING");
    expect((await call("Check", { service: "nobody" })).code).toBe(grpcStatus.NOT_FOUND);
  });

  test("a watcher is told of a change", async () => {
    const { open } = openClient(server.grpc, health);
    const { stream, answers, until } = watch(open, "simple");
    await until(1);
    await client.call("RepositoryModelUnload", { model_name: "simple" });
    await until(2);
    await client.call("RepositoryModelLoad", { model_name: "simple" });
    await until(3);
    expect(answers.map(({ status }) => status)).toEqual(["SERVING", "SERVICE_UNKNOWN", "SERVING"]);
    stream.cancel();
  }, 30_000);

  test.each(["v1", "v1alpha"])("reflection %s lists the services and gives their files", async (version) => {
    const { open } = openClient(server.grpc, {
      proto: `reflection-${version}.proto`,
      service: `grpc.reflection.${version}.ServerReflection`,
    });
    const { stream, answers, ended } = open("ServerReflectionInfo");
    stream.write({ list_services: "" });
    stream.write({ file_containing_symbol: "inference.GRPCInferenceService.ModelInfer" });
    stream.write({ file_by_filename: "health.proto" });
    stream.write({ file_containing_symbol: "inference.Nothing" });
    stream.end();
    await ended;
    const [list, file, byName, none] = answers;
    expect(list.list_services_response.service.map(({ name }: { name: string }) => name)).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "inference.GRPCInferenceService",
    ]);
    expect(String(file.file_descriptor_response.file_descriptor_proto[0])).toContain("ModelStreamInferResponse");
    expect(String(byName.file_descriptor_response.file_descriptor_proto[0])).toContain("HealthCheckRequest");
    expect(none.error_response).toMatchObject({ error_code: grpcStatus.NOT_FOUND });
  });
});

/** Watch has one request, which grpc-js sends with the call. */
function watch(open: GrpcClient["open"], service: string): ReturnType<GrpcClient["open"]> {
  return open("Watch", {}, { service });
}

describe("a server with tokens and a certificate", () => {
  const certs = join(root, "test/lib/certs");
  const [certificate, key] = [join(certs, "localhost.crt"), join(certs, "localhost.key")];
  const admin = "the-first-admin-token";
  const secured = useServer({ args: ["--tls-cert", certificate, "--tls-key", key], env: { SLIPWAY_TOKEN: admin } });
  const address = () => secured.grpc.replace("127.0.0.1", "localhost");
  const as = (token?: string) => openClient(address(), { certificate, ...(token === undefined ? {} : { token }) });

  beforeAll(async () => {
    const args = ["deploy", smallModel("iris-int"), "--name", "iris"];
    const env = { SLIPWAY_TOKEN: admin, NODE_EXTRA_CA_CERTS: certificate };
    const deployed = await runCli(args, { url: secured.url, env });
    expect(deployed.code, deployed.stderr).toBe(0);
  }, 60_000);

  async function createToken(scope: string, more: readonly string[] = []): Promise<string> {
    const made = await runCli([
      "token",
      "create",
      "--data",
      secured.data,
      "--user",
      `${scope}-user`,
      "--scope",
      scope,
      ...more,
      "-o",
      "json",
    ]);
    expect(made.code, made.stderr).toBe(0);
    return (JSON.parse(made.stdout) as { secret: string }).secret;
  }

  test("lets in who may", async () => {
    expect((await as(admin).call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const infer = as(await createToken("infer"));
    expect((await infer.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const { stream, until, answers } = infer.open("ModelStreamInfer");
    stream.write(raw);
    await until(1);
    expect(answers[0].error_message).toBe("");
    stream.end();
    expect(await infer.call("RepositoryModelUnload", { model_name: "iris" })).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      message: expect.stringMatching(/infer-user has a token for "infer".*RepositoryModelUnload needs "deploy"/),
    });
    const deployer = as(await createToken("deploy"));
    expect((await deployer.call("RepositoryIndex")).code).toBe(grpcStatus.OK);
    expect((await as(await createToken("read")).call("ModelInfer", raw)).code).toBe(grpcStatus.PERMISSION_DENIED);
  }, 60_000);

  test("and nobody else, but to ask for its health", async () => {
    const stranger = as();
    expect(await stranger.call("ModelInfer", raw)).toMatchObject({
      code: grpcStatus.UNAUTHENTICATED,
      message: expect.stringMatching(/needs a token/),
    });
    expect((await as("wrong").call("ModelInfer", raw)).code).toBe(grpcStatus.UNAUTHENTICATED);
    expect(await stranger.open("ModelStreamInfer").ended).toMatchObject({ code: grpcStatus.UNAUTHENTICATED });
    for (const method of ["ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex"])
      expect((await stranger.call(method, { name: "iris" })).code, method).toBe(grpcStatus.UNAUTHENTICATED);
    expect((await stranger.call("ServerReady")).body).toEqual({ ready: true });
    const health = openClient(address(), { certificate, proto: "health.proto", service: "grpc.health.v1.Health" });
    expect((await health.call("Check")).body).toEqual({ status: "SERVING" });
    expect((await health.call("Check", { service: "iris" })).code).toBe(grpcStatus.UNAUTHENTICATED);
  });

  test("and not more often than a token may, in a stream too", async () => {
    const limited = as(await createToken("infer", ["--rate", "1/m"]));
    expect((await limited.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const refused = await limited.call("ModelInfer", raw);
    expect(refused.code, refused.message).toBe(grpcStatus.RESOURCE_EXHAUSTED);
    expect(Number(refused.trailers["retry-after"])).toBeGreaterThan(1);
    const other = as(await createToken("infer", ["--rate", "1/m"]));
    const { stream, answers, until } = other.open("ModelStreamInfer");
    stream.write(raw);
    stream.write(raw);
    await until(2);
    stream.end();
    expect(answers.map(({ error_message }) => error_message === "")).toEqual([true, false]);
  }, 60_000);

  test("does not speak in the clear", async () => {
    const plain = openClient(secured.grpc);
    expect((await plain.call("ServerLive", {}, { deadline: Date.now() + 3_000 })).code).not.toBe(grpcStatus.OK);
  });
});

describe("the end", () => {
  test("a stop answers what is under way, ends streams, and takes nothing new", async () => {
    const ending = await startServer();
    await deploy(ending.url, smallModel("slow"), { manifest: oneByOne });
    const caller = openClient(ending.grpc);
    const idle = openClient(ending.grpc).open("ModelStreamInfer");
    const health = openClient(ending.grpc, { proto: "health.proto", service: "grpc.health.v1.Health" });
    const watcher = watch(health.open, "");
    await watcher.until(1);
    idle.stream.write(slow());
    await idle.until(1);
    const underWay = Array.from({ length: 30 }, () => caller.call("ModelInfer", slow()));
    await expect.poll(() => inFlight(ending.url, "slow"), { timeout: 20_000, interval: 5 }).toBeGreaterThan(5);
    const stopped = ending.stop("SIGTERM");
    expect(await idle.ended).toMatchObject({
      code: grpcStatus.UNAVAILABLE,
      message: expect.stringMatching(/shutting down/),
    });
    await watcher.ended;
    expect(watcher.answers.map(({ status }) => status)).toEqual(["SERVING", "NOT_SERVING"]);
    expect(new Set((await Promise.all(underWay)).map(({ code }) => code))).toEqual(new Set([grpcStatus.OK]));
    expect(await stopped).toBe(0);
    expect((await openClient(caller === null ? "" : "127.0.0.1:1").call("ServerLive")).code).toBe(
      grpcStatus.UNAVAILABLE,
    );
  }, 60_000);
});

describe("the port", () => {
  const taken = async (): Promise<number> => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    onTestFinished(() => void holder.close());
    return (holder.address() as AddressInfo).port;
  };

  test("is the one that is asked for, or none", async () => {
    const none = await startServer({ args: ["--grpc-port", "off"] });
    expect(() => none.grpc).toThrow("no gRPC");
    await expect(startServer({ args: ["--grpc-port", "nowhere"] })).rejects.toThrow(
      /grpc_port: expected a port, or off/,
    );
  }, 40_000);

  test("that is asked for and taken stops the start and is named", async () => {
    const port = await taken();
    await expect(startServer({ args: ["--grpc-port", String(port)] })).rejects.toThrow(
      `The gRPC port ${port} on 127.0.0.1 is taken`,
    );
  });

  test("that is only usual and taken is a warning", async () => {
    const usual = createServer()
      .on("error", () => {})
      .listen(8081, "127.0.0.1");
    onTestFinished(() => void usual.close());
    await new Promise((resolve) => usual.once("listening", resolve).once("error", resolve));
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as AddressInfo;
    await new Promise((resolve) => holder.close(resolve));
    const running = await startServer({ args: ["--port", String(port)] });
    expect(() => running.grpc).toThrow("no gRPC");
    expect(running.stderr()).toMatch(/The gRPC port 8081 on 127\.0\.0\.1 is taken.*--grpc-port/);
  });

  test("survives whatever is thrown at it", async () => {
    const port = Number(server.grpc.split(":")[1]);
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const noise = [
      "GET / HTTP/1.1\r\n\r\n",
      "\u0000".repeat(1000),
      preface,
      `${preface}${"\u00ff".repeat(5000)}`,
      preface.slice(0, 9),
    ];
    for (const bytes of noise) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.end(Buffer.from(bytes, "latin1"));
      await new Promise((resolve) => socket.once("close", resolve).resume());
    }
    for (const body of [
      Buffer.alloc(0),
      Buffer.alloc(3),
      Buffer.from([9, 0, 0, 0, 0]),
      Buffer.from([0, 255, 255, 255, 255]),
      Buffer.from([1, 0, 0, 0, 1, 7]),
      Buffer.from([0, 0, 0, 0, 2, 255, 255]),
    ]) {
      const { code } = await askHttp2(
        { ":path": "/inference.GRPCInferenceService/ModelInfer", "grpc-encoding": "gzip" },
        body,
      );
      expect([grpcStatus.INVALID_ARGUMENT, grpcStatus.RESOURCE_EXHAUSTED], body.toString("hex")).toContain(code);
    }
    expect((await client.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
  });
});
