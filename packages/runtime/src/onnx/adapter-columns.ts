import { SlipwayError } from "@slipway/contract/errors";
import { quote } from "../codec/elements.ts";
import type { InputSpec, Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";

/** One input of the caller: every `stride`-th element of a tensor from `offset` on, a row each. */
export interface Column {
  readonly spec: InputSpec;
  readonly tensor: Tensor;
  readonly offset: number;
  readonly stride: number;
}

/** The inputs of the caller, in the order of the signature. @throws SlipwayError `invalid_input` */
export function toColumns({ inputs, packed }: Signature, tensors: readonly Tensor[]): Column[] {
  if (packed === null)
    return inputs.map((spec, i) => ({ spec, tensor: requireTensor(tensors[i], spec.name), offset: 0, stride: 1 }));
  const tensor = requireTensor(tensors[0], packed.tensor);
  return inputs.map((spec, offset) => ({ spec, tensor, offset, stride: inputs.length }));
}

function requireTensor(tensor: Tensor | undefined, name: string): Tensor {
  if (tensor !== undefined) return tensor;
  throw new SlipwayError("invalid_input", `Input ${quote(name)} is missing.`, { input: name });
}
