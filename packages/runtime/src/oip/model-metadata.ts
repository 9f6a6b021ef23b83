import type { Signature } from "../signature.ts";

/** Which version of a model is meant, under the name that its callers use. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: number;
  /** `<project>_<format>`. */
  readonly platform: string;
  readonly signature: Signature;
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 is any size. */
  readonly shape: readonly number[];
}

/** Model metadata of the Open Inference Protocol, over HTTP and gRPC alike. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export function toModelMetadata({ name, version, platform, signature }: ModelIdentity): ModelMetadata {
  return {
    name,
    versions: [String(version)],
    platform,
    inputs: signature.inputs.map(toTensorMetadata),
    outputs: signature.outputs.map(toTensorMetadata),
  };
}

function toTensorMetadata({ name, datatype, shape }: TensorMetadata): TensorMetadata {
  return { name, datatype, shape };
}
