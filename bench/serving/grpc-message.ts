import { connect } from "node:http2";
import {
  encodeBytesField,
  encodeTextField,
  encodeVarintField,
  WireReader,
  wireTypes,
} from "../../packages/runtime/src/onnx/wire.ts";
import { toTensorBytes, type Answer, type Question } from "./question.ts";

export const inferPath = "/inference.GRPCInferenceService/ModelInfer";

/** A ModelInferRequest with raw contents. https://github.com/kserve/open-inference-protocol */
export function toInferMessage(model: string, { inputs }: Question): Buffer {
  const tensors = inputs.flatMap(({ name, datatype, shape }) => {
    const sizes = shape.map((size) => encodeVarintField(3, size));
    return encodeBytesField(5, [encodeTextField(1, name), encodeTextField(2, datatype), ...sizes]);
  });
  const contents = inputs.flatMap((input) => encodeBytesField(7, [toTensorBytes(input)]));
  return Buffer.concat([encodeTextField(1, model), ...tensors, ...contents]);
}

/** A ModelInferResponse, raw or not, whose integers are labels. */
export function fromInferMessage(message: Uint8Array): Answer {
  const types: string[] = [];
  const labels: number[] = [];
  const numbers: number[] = [];
  let raw = 0;
  const keep = (datatype: string, bytes: Buffer): void => {
    const memory = Uint8Array.from(bytes).buffer;
    if (datatype === "FP32") numbers.push(...new Float32Array(memory));
    else if (datatype === "FP64") numbers.push(...new Float64Array(memory));
    else if (datatype === "INT64") labels.push(...Array.from(new BigInt64Array(memory), Number));
    else throw new Error(`The answer holds ${datatype}.`);
  };
  const reader = new WireReader(message);
  while (reader.next()) {
    const bytes = Buffer.from(message.subarray(reader.valueStart, reader.end));
    if (reader.field === 5) types.push(readOutput(bytes, keep, labels));
    else if (reader.field === 6) keep(types[raw++] ?? "", bytes);
  }
  return { labels: labels.length === 0 ? null : labels, numbers };
}

/** @returns the data type of one output, whose contents went to `keep` where they stand in it */
function readOutput(output: Buffer, keep: (datatype: string, bytes: Buffer) => void, labels: number[]): string {
  let datatype = "";
  const reader = new WireReader(output);
  while (reader.next()) {
    if (reader.field === 2) datatype = output.toString("utf8", reader.valueStart, reader.end);
    if (reader.field !== 5) continue;
    const contents = reader.message();
    while (contents.next()) {
      const bytes = output.subarray(contents.valueStart, contents.end);
      if (contents.field === 6 || contents.field === 7) keep(datatype, bytes);
      else if (contents.type === wireTypes.bytes) labels.push(...listVarints(bytes));
    }
  }
  return datatype;
}

function listVarints(bytes: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0, value = 0, shift = 0; at < bytes.length; at++) {
    value += (bytes[at]! & 0x7f) * 2 ** shift;
    shift += 7;
    if (bytes[at]! >= 0x80) continue;
    values.push(value);
    [value, shift] = [0, 0];
  }
  return values;
}

/** One call by Node's own HTTP/2. @throws where its status is not 0 */
export function callGrpc(address: string, path: string, message: Uint8Array): Promise<Buffer> {
  const session = connect(`http://${address}`);
  return new Promise<Buffer>((resolve, reject) => {
    session.once("error", reject);
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status: unknown;
    const parts: Buffer[] = [];
    stream.on("response", (headers) => (status = headers["grpc-status"]));
    stream.on("trailers", (headers) => (status = headers["grpc-status"] === "0" ? "0" : JSON.stringify(headers)));
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.once("error", reject);
    stream.once("end", () => {
      if (status === "0") resolve(Buffer.concat(parts).subarray(5));
      else reject(new Error(`gRPC answered ${String(status)}.`));
    });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
  }).finally(() => session.destroy());
}
