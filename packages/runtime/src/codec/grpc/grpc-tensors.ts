import { SlipwayError } from "@slipway/contract/errors";
import { formatShape } from "../../datatype.ts";
import { ProtoError } from "../../protobuf/proto-reader.ts";
import type { Tensor } from "../../tensor.ts";
import { readTensorData } from "../binary.ts";
import { malformed, wrongInput } from "../oip-errors.ts";
import { parseDatatype, parseShape } from "../oip-input.ts";
import { readContents } from "./grpc-contents.ts";
import type { GrpcInput, GrpcRequest } from "./grpc-request.ts";

/**
 * The inputs of a request as tensors; raw ones are views of the message where they are aligned, which must not change afterwards.
 * Names are those of the request: `resolveInputs` holds them to the signature.
 * @throws SlipwayError `invalid_request`, `invalid_input`
 */
export function toGrpcTensors({ inputs, raw }: GrpcRequest): readonly Tensor[] {
  if (inputs.length === 0) throw malformed('"inputs" must have at least one tensor');
  if (raw.length > 0 && raw.length !== inputs.length)
    throw malformed(
      `raw_input_contents has ${raw.length} entries for ${inputs.length} inputs; it needs one for each, in their order`,
    );
  const tensors: Tensor[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const tensor = toTensor(inputs[i]!, i, raw[i] ?? null);
    for (const other of tensors)
      if (other.name === tensor.name) throw wrongInput(tensor.name, "is given twice; send it once", {});
    tensors.push(tensor);
  }
  return tensors;
}

function toTensor({ name, shape: dims, contents, ...input }: GrpcInput, index: number, raw: Buffer | null): Tensor {
  if (name === "") throw malformed(`inputs[${index}] needs a name`);
  if (input.parameters["shared_memory_region"] !== undefined)
    throw wrongInput(name, "is said to be in shared memory, which this server does not read; send its data", {});
  const datatype = parseDatatype(name, input.datatype);
  const { shape, count } = parseShape(name, dims);
  if (raw !== null) {
    if (contents.some(({ length }) => length > 0))
      throw wrongInput(name, 'has "contents", but raw_input_contents is used; where it is, it holds every input', {});
    return { name, datatype, shape, data: readTensorData(datatype, shape, raw, name) };
  }
  try {
    return {
      name,
      datatype,
      shape,
      data: readContents(contents, { name, datatype, count, shapeText: formatShape(shape) }),
    };
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
    throw new SlipwayError("invalid_request", `The message is no ModelInferRequest: ${error.message}.`);
  }
}
