import { SlipwayError } from "@slipway/contract/errors";
import { ProtoError, ProtoReader } from "../../protobuf/proto-reader.ts";

/** A ModelInferRequest of the Open Inference Protocol as it came: nothing is held to a signature yet, nothing is copied. */
export interface GrpcRequest {
  readonly modelName: string;
  /** Empty: the endpoint's choice. */
  readonly modelVersion: string;
  /** Empty: none. */
  readonly id: string;
  readonly parameters: GrpcParameters;
  readonly inputs: readonly GrpcInput[];
  /** None: all outputs are wanted. */
  readonly outputs: readonly GrpcOutput[];
  /** Views of the message: one an input, in the order of the inputs, or none. */
  readonly raw: readonly Buffer[];
}

export type GrpcParameters = Readonly<Record<string, boolean | number | string>>;

export interface GrpcInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: GrpcParameters;
  /** Views of InferTensorContents messages, which add up; most often one or none. */
  readonly contents: readonly Buffer[];
}

export interface GrpcOutput {
  readonly name: string;
  readonly parameters: GrpcParameters;
}

const noParameters: GrpcParameters = Object.freeze({});
const none: readonly never[] = [];

/** @throws SlipwayError `invalid_request` where the bytes are no such message */
export function parseGrpcRequest(message: Uint8Array): GrpcRequest {
  try {
    return readRequest(new ProtoReader(message));
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
    throw new SlipwayError("invalid_request", `The message is no ModelInferRequest: ${error.message}.`);
  }
}

function readRequest(reader: ProtoReader): GrpcRequest {
  let [modelName, modelVersion, id] = ["", "", ""];
  let parameters = noParameters;
  const inputs: GrpcInput[] = [];
  const outputs: GrpcOutput[] = [];
  let raw: readonly Buffer[] = none;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        modelName = reader.text();
        break;
      case 2:
        modelVersion = reader.text();
        break;
      case 3:
        id = reader.text();
        break;
      case 4:
        parameters = readParameter(reader, parameters);
        break;
      case 5:
        inputs.push(readInput(reader));
        break;
      case 6:
        outputs.push(readOutput(reader));
        break;
      case 7:
        if (raw.length === 0) raw = [reader.view()];
        else (raw as Buffer[]).push(reader.view());
        break;
      default:
        reader.skip();
    }
  }
  return { modelName, modelVersion, id, parameters, inputs, outputs, raw };
}

function readInput(reader: ProtoReader): GrpcInput {
  let [name, datatype] = ["", ""];
  let parameters = noParameters;
  let contents: readonly Buffer[] = none;
  const shape: number[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        name = reader.text();
        break;
      case 2:
        datatype = reader.text();
        break;
      case 3:
        readShape(reader, shape);
        break;
      case 4:
        parameters = readParameter(reader, parameters);
        break;
      case 5:
        if (contents.length === 0) contents = [reader.view()];
        else (contents as Buffer[]).push(reader.view());
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return { name, datatype, shape, parameters, contents };
}

/** Packed, as everybody sends it, or number by number, which the format allows too. */
function readShape(reader: ProtoReader, shape: number[]): void {
  if (reader.type === 0) return void shape.push(reader.int64());
  const outer = reader.enter();
  while (reader.more()) {
    const low = reader.varint();
    shape.push((reader.high | 0) * 4294967296 + low);
  }
  reader.leave(outer);
}

function readOutput(reader: ProtoReader): GrpcOutput {
  let name = "";
  let parameters = noParameters;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) parameters = readParameter(reader, parameters);
    else reader.skip();
  }
  reader.leave(outer);
  return { name, parameters };
}

/** One entry of a map of InferParameter. */
function readParameter(reader: ProtoReader, before: GrpcParameters): GrpcParameters {
  let key = "";
  let value: boolean | number | string | undefined;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = readChoice(reader, value);
    else reader.skip();
  }
  reader.leave(outer);
  const parameters =
    before === noParameters ? (Object.create(null) as Record<string, boolean | number | string>) : before;
  if (value !== undefined) (parameters as Record<string, boolean | number | string>)[key] = value;
  return parameters;
}

function readChoice(reader: ProtoReader, before: boolean | number | string | undefined): typeof before {
  let value = before;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) value = reader.bool();
    else if (reader.field === 2) value = reader.int64();
    else if (reader.field === 3) value = reader.text();
    else if (reader.field === 4) value = reader.double();
    else if (reader.field === 5) value = reader.uint64();
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}
