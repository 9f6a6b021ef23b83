import { compressionAlgorithms } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { patientServe } from "../lib/faced-models.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient, grpcStatus, type GrpcClient, type GrpcTarget } from "../lib/grpc-client.ts";
import { askHttp2, iris, openClient, raw, toBytes, typed, watch } from "../lib/grpc-requests.ts";
import { smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
let client: GrpcClient;

const show = async (id: unknown) => (await fetchJson(`${server.url}/api/v1/predictions/${String(id)}`)).body;

beforeAll(async () => {
  await deploy(server.url, smallModel("iris-int"), { name: "iris", manifest: { serve: patientServe } });
  for (const name of ["half", "one-text", "simple", "vector"])
    await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
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
      askHttp2(server.grpc, { ":path": "/inference.GRPCInferenceService/TraceSetting" }),
      askHttp2(server.grpc, { ":path": "/", "content-type": "application/json" }),
      askHttp2(server.grpc, { ":path": "/", ":method": "GET" }),
      askHttp2(server.grpc, { ":path": "/inference.GRPCInferenceService/ServerLive", "grpc-timeout": "soon" }),
      askHttp2(server.grpc, { ":path": "/inference.GRPCInferenceService/ServerLive", "grpc-encoding": "snappy" }),
      askHttp2(server.grpc, { ":path": "/inference.GRPCInferenceService/ServerLive", ":authority": "evil.example" }),
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
    const rows = 117_000;
    const values = new Float32Array(rows * 128).fill(0.5);
    const inputs = [{ name: "INPUT0", datatype: "FP32", shape: [rows, 128] }];
    const request = { model_name: "vector", inputs, raw_input_contents: [toBytes(values)] };
    // It is about the size: a machine that is busy for so long that the run comes too late is asked once more.
    const first = await client.call("ModelInfer", request);
    const { body, message } = first.body ? first : await client.call("ModelInfer", request);
    expect(body, message).toBeTruthy();
    expect((body!.raw_output_contents[0] as Buffer).equals(toBytes(values))).toBe(true);
  }, 120_000);

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
