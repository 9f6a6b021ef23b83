import { SlipwayError } from "@slipway/contract/errors";
import { isUtf8 } from "node:buffer";
import { elementCount, elementSizes, formatShape } from "../datatype.ts";
import type { Signature } from "../signature.ts";
import type { Datatype, Tensor } from "../tensor.ts";
import { readTensorData } from "./binary.ts";
import { listNames } from "../validate.ts";
import { wrongInput } from "./oip-errors.ts";

interface OnlyInput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Whether a body may be the one value of the model's only input, as it is: a file of bytes or text. */
export function takesRawBytes({ inputs, packed }: Signature): boolean {
  return packed === null && inputs.length === 1 && inputs[0]!.datatype === "BYTES" && isOne(inputs[0]!.shape);
}

/**
 * The only input of a model out of a body without JSON: a batch of one, the size of at most one other dimension found out. BYTES
 * must be one value, and is the body as it is, without the length before it.
 */
export function parseRawInput(bytes: Uint8Array, signature: Signature): Tensor {
  const { name, datatype, shape } = requireOnlyInput(signature);
  if (datatype === "BYTES") {
    if (!isOne(shape)) {
      const why = `is BYTES ${formatShape(shape)}; a body without JSON is one value`;
      throw wrongInput(name, `${why}. Send the tensor as JSON or as binary`, {});
    }
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const value = isUtf8(bytes) ? buffer.toString("utf8") : new Uint8Array(bytes);
    return { name, datatype, shape: shape.map(() => 1), data: [value] };
  }
  const found = findShape({ name, datatype, shape }, signature.batched, bytes.length);
  return { name, datatype, shape: found, data: readTensorData(datatype, found, bytes, name) };
}

function findShape({ name, datatype, shape }: OnlyInput, batched: boolean, size: number): readonly number[] {
  const known = batched ? [1, ...shape.slice(1)] : shape.slice();
  const open = known.indexOf(-1);
  if (open < 0) return known;
  const inner = elementSizes[datatype] * elementCount(known.filter((dim) => dim !== -1));
  if (known.includes(-1, open + 1) || inner === 0) {
    const why = `is ${datatype} ${formatShape(shape)}, of which a body without JSON tells too little`;
    throw wrongInput(name, `${why}. Send the tensor as JSON or as binary, with its shape`, {});
  }
  // Where it does not come out even, the reader of the elements says so.
  known[open] = Math.floor(size / inner);
  return known;
}

function requireOnlyInput({ inputs, packed }: Signature): OnlyInput {
  if (packed) return { name: packed.tensor, datatype: packed.datatype, shape: [-1, inputs.length] };
  const only = inputs[0];
  if (only && inputs.length === 1) return only;
  const names = listNames(inputs.map((input) => input.name));
  throw new SlipwayError(
    "invalid_request",
    `A body without JSON is for a model of one input; this one has ${inputs.length}: ${names}. Send the tensors as JSON or as binary.`,
  );
}

function isOne(shape: readonly number[]): boolean {
  return shape.every((dim) => dim === -1 || dim === 1);
}
