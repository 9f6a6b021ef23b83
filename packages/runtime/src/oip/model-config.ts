import type { Device } from "../runtime.ts";
import type { ModelIdentity, TensorMetadata } from "./model-metadata.ts";

/** How a version is served, as far as Triton's model configuration has a word for it. */
export interface ConfiguredModel extends ModelIdentity {
  /** The most rows of one run. */
  readonly maxRows: number;
  /** Null: each request runs by itself. */
  readonly batching: { readonly maxDelayMs: number } | null;
  readonly replicas: number;
  readonly device: Device;
}

export interface ConfiguredTensor {
  readonly name: string;
  /** `TYPE_FP32` and its like. */
  readonly data_type: string;
  /** Without the dimension of the batch where `max_batch_size` is not 0. */
  readonly dims: readonly number[];
  readonly reshape?: { readonly shape: readonly number[] };
}

/** Triton's `ModelConfig`, the parts that mean something here. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly version_policy: { readonly specific: { readonly versions: readonly number[] } };
  /** 0: the model does not take batches. */
  readonly max_batch_size: number;
  readonly input: readonly ConfiguredTensor[];
  readonly output: readonly ConfiguredTensor[];
  readonly instance_group: readonly {
    readonly name: string;
    readonly kind: "KIND_CPU" | "KIND_GPU";
    readonly count: number;
  }[];
  readonly dynamic_batching?: { readonly max_queue_delay_microseconds: number };
}

export function toModelConfig(model: ConfiguredModel): ModelConfig {
  const { name, platform, version, signature, batching } = model;
  const { batched } = signature;
  return {
    name,
    platform,
    backend: platform.startsWith("onnx") ? "onnxruntime" : platform.split("_")[0]!,
    version_policy: { specific: { versions: [version] } },
    max_batch_size: batched ? model.maxRows : 0,
    input: signature.inputs.map((input) => toTensor(input, batched)),
    output: signature.outputs.map((output) => toTensor(output, batched)),
    instance_group: [
      { name: `${name}_0`, kind: model.device === "cuda" ? "KIND_GPU" : "KIND_CPU", count: model.replicas },
    ],
    ...(batched && batching && { dynamic_batching: { max_queue_delay_microseconds: batching.maxDelayMs * 1000 } }),
  };
}

function toTensor({ name, datatype, shape }: TensorMetadata, batched: boolean): ConfiguredTensor {
  const data_type = datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`;
  if (!batched) return { name, data_type, dims: shape };
  const dims = shape.slice(1);
  // Triton has no tensor without dimensions; this is how it says that a row is one value.
  return dims.length > 0 ? { name, data_type, dims } : { name, data_type, dims: [1], reshape: { shape: [] } };
}
