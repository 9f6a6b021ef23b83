import { join } from "node:path";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { protoFiles } from "./proto-types.ts";

const service = loadSync(join(import.meta.dirname, "proto/inference.proto"), {
  keepCase: true,
  longs: Number,
  enums: String,
})["inference.GRPCInferenceService"] as ServiceDefinition;
/** Of all methods, by the names of their messages. */
const methods = Object.values(service);
const bytesOf = (name: string, value: object) => Buffer.concat([...encodeMessage(name, value)]).subarray(5);

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const size = fc.integer({ min: -1, max: 1_000_000 });
const duration = fc.record({ count, ns: count });
const tensor = fc.record({
  name: text,
  data_type: fc.constantFrom("TYPE_BOOL", "TYPE_FP32", "TYPE_STRING"),
  dims: fc.array(size),
});

const answers: Readonly<Record<string, fc.Arbitrary<object>>> = {
  ServerReady: fc.record({ ready: fc.boolean() }),
  ServerMetadata: fc.record({ name: text, version: text, extensions: fc.array(text) }),
  ModelMetadata: fc.record({
    name: text,
    versions: fc.array(text),
    inputs: fc.array(fc.record({ name: text, datatype: text, shape: fc.array(size) })),
    properties: fc.dictionary(text, text),
  }),
  ModelConfig: fc.record({
    config: fc.record({
      name: text,
      max_batch_size: size,
      input: fc.array(tensor),
      version_policy: fc.record({ specific: fc.record({ versions: fc.array(size) }) }),
      dynamic_batching: fc.record({ max_queue_delay_microseconds: count }),
    }),
  }),
  ModelStatistics: fc.record({
    model_stats: fc.array(
      fc.record({
        name: text,
        last_inference: count,
        inference_stats: fc.record({ success: duration, fail: duration }),
      }),
    ),
  }),
  RepositoryIndex: fc.record({ models: fc.array(fc.record({ name: text, state: text, reason: text })) }),
};

/** Without what proto3 does not send, nor tells apart from nothing. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, of]) => [key, plain(of)] as const);
  return Object.fromEntries(entries.filter(([, of]) => !isEmpty(of)));
}
function isEmpty(value: unknown): boolean {
  return (
    value === 0 ||
    value === "" ||
    value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

describe("messages by their descriptors, against protobufjs", () => {
  test.each(Object.keys(answers))("%s is read by others as it was meant", (name) => {
    const method = methods.find(({ path }) => path.endsWith(`/${name}`))!;
    fc.assert(
      fc.property(answers[name]!, (value) => {
        const read = method.responseDeserialize(bytesOf(`inference.${name}Response`, value));
        expect(plain(read)).toEqual(plain(value));
      }),
    );
  });

  test.each([
    ["ModelReady", { name: "m", version: "3" }],
    ["RepositoryIndex", { repository_name: "r", ready: true }],
    [
      "RepositoryModelLoad",
      {
        model_name: "m",
        parameters: { config: { string_param: "{}" }, n: { int64_param: -5 }, b: { bool_param: false } },
      },
    ],
  ])("what others write of %s is read as it was meant", (name, value) => {
    const method = methods.find(({ path }) => path.endsWith(`/${name}`))!;
    expect(decodeMessage(`inference.${name}Request`, method.requestSerialize(value))).toEqual(value);
  });

  test("a choice that was made is sent though it is empty", () => {
    const bytes = bytesOf("grpc.reflection.v1.ServerReflectionRequest", { list_services: "" });
    expect(decodeMessage("grpc.reflection.v1.ServerReflectionRequest", bytes)).toEqual({ list_services: "" });
  });

  test("no bytes make anything else happen than a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeMessage("inference.RepositoryModelLoadRequest", bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_request" });
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("every .proto file is there", () => {
    expect(protoFiles.map(({ name }) => name)).toEqual([
      "health.proto",
      "inference.proto",
      "reflection-v1.proto",
      "reflection-v1alpha.proto",
    ]);
  });
});
