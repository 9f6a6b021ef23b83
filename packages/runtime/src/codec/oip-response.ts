import { SlipwayError } from "@slipway/contract/errors";
import type { Tensor } from "../tensor.ts";
import { byteLength, writeTensorData } from "./binary.ts";
import { quote } from "./elements.ts";
import { floatAt, toJsonInteger } from "./number-text.ts";

export interface OipResponse {
  readonly modelName: string;
  readonly modelVersion: string;
  /** Echoed where the request had one. */
  readonly id?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly outputs: readonly Tensor[];
}

/** An answer of the protocol: all JSON, or JSON and behind it the binary tensors in their order. */
export interface OipAnswer {
  readonly body: string | Buffer;
  /** Bytes of the JSON, for the header Inference-Header-Content-Length; null where all of it is JSON. */
  readonly headerLength: number | null;
}

/**
 * The JSON text of an infer response, data flat. FP32 is printed as the shortest decimal that reads back as the same
 * float32; NaN and infinities are the strings "NaN", "Infinity", "-Infinity"; INT64 and UINT64 beyond 2^53 are strings
 * of digits. Throws `invalid_request` for what has no JSON form: FP16, and BYTES that are not UTF-8.
 */
export function renderOipResponse(response: OipResponse): string {
  let text = renderHead(response);
  for (let i = 0; i < response.outputs.length; i++) text += (i === 0 ? "" : ",") + renderTensor(response.outputs[i]!);
  return `${text}]}`;
}

/** As `renderOipResponse`, with those outputs as raw bytes that `isBinary` picks; in one buffer. */
export function renderOipAnswer(response: OipResponse, isBinary: (index: number) => boolean): OipAnswer {
  const { outputs } = response;
  let text = renderHead(response);
  let behind = 0;
  let hasBinary = false;
  for (let i = 0; i < outputs.length; i++) {
    if (i > 0) text += ",";
    if (!isBinary(i)) {
      text += renderTensor(outputs[i]!);
      continue;
    }
    const size = byteLength(outputs[i]!);
    text += `${renderTensorHead(outputs[i]!)},"parameters":{"binary_data_size":${size}}}`;
    behind += size;
    hasBinary = true;
  }
  text += "]}";
  if (!hasBinary) return { body: text, headerLength: null };
  const headerLength = Buffer.byteLength(text);
  const body = Buffer.allocUnsafe(headerLength + behind);
  let offset = body.write(text);
  for (let i = 0; i < outputs.length; i++) if (isBinary(i)) offset = writeTensorData(outputs[i]!, body, offset);
  return { body, headerLength };
}

function renderHead({ modelName, modelVersion, id, parameters }: OipResponse): string {
  let text = `{"model_name":${JSON.stringify(modelName)},"model_version":${JSON.stringify(modelVersion)}`;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  if (parameters !== undefined) text += `,"parameters":${JSON.stringify(parameters)}`;
  return `${text},"outputs":[`;
}

/** `{"name", "shape", "datatype", "data"}`: also the form of an input in a request. */
export function renderTensor(tensor: Tensor): string {
  return `${renderTensorHead(tensor)},"data":[${renderData(tensor)}]}`;
}

function renderTensorHead({ name, shape, datatype }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype}"`;
}

function renderData(tensor: Tensor): string {
  const { data, datatype } = tensor;
  switch (datatype) {
    case "FP32":
    case "FP64":
      return renderFloats(tensor);
    case "FP16":
      throw noForm(`Output ${quote(tensor.name)} has datatype FP16, which has no JSON form in this protocol`);
    case "INT64":
    case "UINT64":
      return renderEach(data as BigInt64Array, (value) => {
        const integer = toJsonInteger(value);
        return typeof integer === "number" ? `${integer}` : `"${integer}"`;
      });
    case "BOOL":
      return renderEach(data as Uint8Array, (value) => (value === 0 ? "false" : "true"));
    case "BYTES":
      return renderEach(data as readonly (string | Uint8Array)[], (value) => {
        if (typeof value === "string") return JSON.stringify(value);
        throw noForm(`Output ${quote(tensor.name)} holds bytes that are not UTF-8 text and have no JSON form`);
      });
    default:
      return (data as Int32Array).join(",");
  }
}

function renderFloats(tensor: Tensor): string {
  let text = "";
  const count = tensor.data.length;
  for (let i = 0; i < count; i++) {
    const value = floatAt(tensor, i);
    if (i > 0) text += ",";
    text += value - value === 0 ? value : `"${value}"`;
  }
  return text;
}

function renderEach<T>(data: ArrayLike<T>, render: (value: T) => string): string {
  let text = "";
  for (let i = 0; i < data.length; i++) text += i === 0 ? render(data[i]!) : `,${render(data[i]!)}`;
  return text;
}

function noForm(what: string): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `${what}. Ask for it as binary ("binary_data": true), for other outputs in "outputs", or use the predict face.`,
  );
}
