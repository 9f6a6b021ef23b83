import { SlipwayError } from "@slipway/contract/errors";
import { byteLength, readTensorData, writeTensorData } from "../codec/binary.ts";
import type { Tensor } from "../tensor.ts";
import type { Tolerance } from "./compare-tensors.ts";

/** Inputs with the outputs that were recorded for them at training, ready to be run. */
export interface Examples {
  readonly rows: number;
  readonly tolerance: Tolerance;
  /** The model's own tensors, in its order: all rows in one request where the model is batched, else one row a request. */
  readonly requests: readonly (readonly Tensor[])[];
  readonly expected: readonly ExpectedOutput[];
}

/**
 * What is known of one output, row by row in the first dimension of `tensor`. `value`: its elements, in its datatype (of
 * whole numbers with classes, the indices). `class`: INT32, the index of the class that callers are told. `probabilities`: of
 * `classes`, in that order.
 */
export interface ExpectedOutput {
  readonly output: string;
  readonly form: "value" | "class" | "probabilities";
  /** Indices; empty unless the form is `probabilities`. */
  readonly classes: readonly number[];
  readonly tensor: Tensor;
}

/** The file of a version that holds them, below its folder. */
export const examplesFile = ".slipway-examples.bin";

const magic = "SLIPEXAM";
const format = 1;

interface Part {
  readonly name: string;
  readonly datatype: Tensor["datatype"];
  readonly shape: readonly number[];
  readonly bytes: number;
}

interface Header {
  readonly rows: number;
  readonly tolerance: Tolerance;
  readonly requests: readonly (readonly Part[])[];
  readonly expected: readonly (Omit<ExpectedOutput, "tensor"> & { readonly tensor: Part })[];
}

/**
 * magic (8 bytes), format version u32, header length u32, header (JSON, padded with spaces to a multiple of 8), then each
 * tensor's elements in the order of the header and the OIP binary layout, each padded with zeros to a multiple of 8.
 */
export function encodeExamples(examples: Examples): Buffer {
  const tensors = [...examples.requests.flat(), ...examples.expected.map(({ tensor }) => tensor)];
  const { rows, tolerance, requests, expected } = examples;
  const header: Header = {
    rows,
    tolerance,
    requests: requests.map((request) => request.map(toPart)),
    expected: expected.map(({ tensor, ...rest }) => ({ ...rest, tensor: toPart(tensor) })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(padded(16 + text.length), " ");
  head.write(magic, 0, "latin1");
  head.writeUInt32LE(format, 8);
  head.writeUInt32LE(head.length - 16, 12);
  text.copy(head, 16);
  const parts = tensors.map((tensor) => {
    const part = Buffer.alloc(padded(byteLength(tensor)));
    writeTensorData(tensor, part, 0);
    return part;
  });
  return Buffer.concat([head, ...parts]);
}

/** The tensors are views of `bytes` where they can be. @throws SlipwayError `invalid_file` */
export function decodeExamples(bytes: Buffer): Examples {
  if (bytes.length < 16 || bytes.toString("latin1", 0, 8) !== magic) throw unreadable("it does not begin as one");
  const version = bytes.readUInt32LE(8);
  if (version !== format) throw unreadable(`its format is ${version}, and this Slipway reads ${format}`);
  const start = 16 + bytes.readUInt32LE(12);
  try {
    const header = JSON.parse(bytes.toString("utf8", 16, start)) as Header;
    let at = start;
    const take = (part: Part): Tensor => {
      const { name, datatype, shape } = part;
      const data = readTensorData(datatype, shape, bytes.subarray(at, at + part.bytes), name);
      at += padded(part.bytes);
      return { name, datatype, shape, data };
    };
    const requests = header.requests.map((request) => request.map(take));
    const expected = header.expected.map(({ tensor, ...rest }) => ({ ...rest, tensor: take(tensor) }));
    return { rows: header.rows, tolerance: header.tolerance, requests, expected };
  } catch (error) {
    throw unreadable((error as Error).message);
  }
}

function toPart(tensor: Tensor): Part {
  const { name, datatype, shape } = tensor;
  return { name, datatype, shape, bytes: byteLength(tensor) };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function unreadable(why: string): SlipwayError {
  return new SlipwayError("invalid_file", `${examplesFile} is no file of examples: ${why}. Deploy the version again.`, {
    file: examplesFile,
  });
}
