import { describe, expect, test } from "vitest";
import type { Signature } from "../signature.ts";
import { toModelConfig } from "./model-config.ts";
import { toModelMetadata } from "./model-metadata.ts";
import { addModelStatistics, toModelStatistics } from "./model-statistics.ts";

const signature: Signature = {
  inputs: [
    { name: "grid", datatype: "FP32", shape: [-1, 3, 4], nullable: true, range: [0, 1] },
    { name: "word", datatype: "BYTES", shape: [-1], nullable: false },
  ],
  outputs: [{ name: "label", datatype: "INT64", shape: [-1], classes: ["a", "b"] }],
  packed: null,
  batched: true,
};
const model = { name: "m", version: 3, platform: "onnx_onnxv1", signature };

describe("what the Open Inference Protocol says of a model", () => {
  test("metadata has names, datatypes and shapes and nothing else", () => {
    expect(toModelMetadata(model)).toEqual({
      name: "m",
      versions: ["3"],
      platform: "onnx_onnxv1",
      inputs: [
        { name: "grid", datatype: "FP32", shape: [-1, 3, 4] },
        { name: "word", datatype: "BYTES", shape: [-1] },
      ],
      outputs: [{ name: "label", datatype: "INT64", shape: [-1] }],
    });
  });

  test("the configuration leaves the batch out of the dimensions", () => {
    const config = toModelConfig({ ...model, maxRows: 64, batching: { maxDelayMs: 2 }, replicas: 2, device: "cpu" });
    expect(config).toEqual({
      name: "m",
      platform: "onnx_onnxv1",
      backend: "onnxruntime",
      version_policy: { specific: { versions: [3] } },
      max_batch_size: 64,
      input: [
        { name: "grid", data_type: "TYPE_FP32", dims: [3, 4] },
        { name: "word", data_type: "TYPE_STRING", dims: [1], reshape: { shape: [] } },
      ],
      output: [{ name: "label", data_type: "TYPE_INT64", dims: [1], reshape: { shape: [] } }],
      instance_group: [{ name: "m_0", kind: "KIND_CPU", count: 2 }],
      dynamic_batching: { max_queue_delay_microseconds: 2000 },
    });
  });

  test("a model that takes no batches keeps its dimensions and batches nothing", () => {
    const alone = { ...model, signature: { ...signature, batched: false }, maxRows: 64, replicas: 1 };
    const config = toModelConfig({ ...alone, batching: { maxDelayMs: 0 }, device: "cuda" });
    expect(config.max_batch_size).toBe(0);
    expect(config.input[1]).toEqual({ name: "word", data_type: "TYPE_STRING", dims: [-1] });
    expect(config.dynamic_batching).toBeUndefined();
    expect(config.instance_group[0]!.kind).toBe("KIND_GPU");
  });

  test("statistics count requests, runs and batches", () => {
    const compute = { count: 5, ns: 900 };
    const batches = new Map([
      [4, { count: 1, ns: 500 }],
      [1, { count: 1, ns: 400 }],
    ]);
    const some = { count: 5, ns: 1000 };
    const stats = { lastInferenceAt: 7, inferences: 5, executions: 2, success: some, fail: some, queue: some, compute };
    const told = toModelStatistics({ name: "m", version: 3, stats: { ...stats, batches } });
    expect(told).toMatchObject({ name: "m", version: "3", last_inference: 7, inference_count: 5, execution_count: 2 });
    expect(told.inference_stats.compute_infer).toEqual(compute);
    expect(told.inference_stats.compute_input).toEqual({ count: 5, ns: 0 });
    expect(told.batch_stats.map(({ batch_size, compute_infer }) => [batch_size, compute_infer.ns])).toEqual([
      [1, 400],
      [4, 500],
    ]);
    const other = toModelStatistics({
      name: "m",
      version: 3,
      stats: {
        ...stats,
        lastInferenceAt: 9,
        batches: new Map([
          [4, { count: 2, ns: 100 }],
          [8, { count: 1, ns: 50 }],
        ]),
      },
    });
    const both = addModelStatistics(told, other);
    expect(both).toMatchObject({ name: "m", version: "3", last_inference: 9, inference_count: 10, execution_count: 4 });
    expect(both.inference_stats.success).toEqual({ count: 10, ns: 2000 });
    expect(both.batch_stats.map(({ batch_size, compute_infer }) => [batch_size, compute_infer])).toEqual([
      [1, { count: 1, ns: 400 }],
      [4, { count: 3, ns: 600 }],
      [8, { count: 1, ns: 50 }],
    ]);
  });
});
