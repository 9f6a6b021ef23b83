import { SlipwayError } from "@slipway/contract/errors";
import { byteLength, writeTensorData } from "../codec/binary.ts";
import { quote } from "../codec/elements.ts";
import { renderElement } from "../codec/nested-text.ts";
import { isMissingText, type Tensor } from "../tensor.ts";
import type { HttpQuestion } from "./http-client.ts";

export interface InferQuestion {
  readonly inputs: readonly Tensor[];
  /** Names; empty: all. */
  readonly outputs: readonly string[];
  /** Whether the server takes and gives tensors as raw bytes. */
  readonly binary: boolean;
}

/** Body and headers of an infer request. @throws SlipwayError `invalid_input` for values without a form in JSON */
export function renderInferQuestion({
  inputs,
  outputs,
  binary,
}: InferQuestion): Pick<Required<HttpQuestion>, "headers" | "body"> {
  const asked = outputs.map((name) => (binary ? { name, parameters: { binary_data: true } } : { name }));
  const parameters = binary && outputs.length === 0 ? `"parameters":{"binary_data_output":true},` : "";
  const tensors = inputs.map((tensor) => (binary ? renderBinaryHead(tensor) : renderJsonTensor(tensor)));
  const json = Buffer.from(
    `{${parameters}"inputs":[${tensors.join(",")}]${outputs.length > 0 ? `,"outputs":${JSON.stringify(asked)}` : ""}}`,
  );
  if (!binary) return { headers: { "content-type": "application/json" }, body: json };
  const sizes = inputs.map(byteLength);
  const body = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, json.length));
  let at = json.copy(body);
  for (const tensor of inputs) at = writeTensorData(tensor, body, at);
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(json.length),
  };
  return { headers, body };
}

function renderHead({ name, shape, datatype }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype}"`;
}

function renderBinaryHead(tensor: Tensor): string {
  return `${renderHead(tensor)},"parameters":{"binary_data_size":${byteLength(tensor)}}}`;
}

/** A value that is missing is null. */
function renderJsonTensor(tensor: Tensor): string {
  let data = "";
  for (let i = 0; i < tensor.data.length; i++) {
    const text = renderElement(tensor, i, (bytes) => renderBytes(tensor.name, bytes));
    data += i === 0 ? text : `,${text}`;
  }
  return `${renderHead(tensor)},"data":[${data}]}`;
}

function renderBytes(name: string, bytes: Uint8Array): string {
  if (isMissingText(bytes)) return "null";
  throw new SlipwayError(
    "invalid_input",
    `Input ${quote(name)} holds bytes that are not UTF-8 text, and the model's server takes JSON only. Leave them out of the value.`,
    { input: name },
  );
}
