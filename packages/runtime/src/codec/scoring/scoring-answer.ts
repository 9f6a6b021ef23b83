import type { Signature } from "../../signature.ts";
import { isMissingText, type Tensor } from "../../tensor.ts";
import { isTabular } from "../columns/columns.ts";
import { renderElement, renderNested } from "../nested-text.ts";

const bytesText = (bytes: Uint8Array) =>
  isMissingText(bytes) ? "null" : JSON.stringify(Buffer.from(bytes).toString("base64"));

/** What an output is called that the model itself gives without a name, such as an array of `predict`. */
const unnamed = "predictions";

/**
 * `{"predictions": ...}` as MLflow answers. An only output without a name is the list itself. A tabular model gives a list of records, one
 * an element of its flattened outputs; every other model, and one whose outputs differ in length, gives `{output: nested list}`.
 */
export function renderScoringAnswer(signature: Signature, outputs: readonly Tensor[]): string {
  const [only, ...others] = outputs;
  if (only?.name === unnamed && others.length === 0)
    return `{"predictions":${renderNested(only, only.shape, { start: 0, bytesText })}}`;
  const length = outputs[0]?.data.length ?? 0;
  const asRecords = isTabular(signature) && outputs.every(({ data }) => data.length === length);
  return `{"predictions":${asRecords ? renderRecords(outputs, length) : renderOutputs(outputs)}}`;
}

function renderRecords(outputs: readonly Tensor[], length: number): string {
  const keys = outputs.map(({ name }) => `${JSON.stringify(name)}:`);
  let text = "[";
  for (let i = 0; i < length; i++) {
    text += i === 0 ? "{" : ",{";
    for (let k = 0; k < outputs.length; k++)
      text += (k === 0 ? "" : ",") + keys[k]! + renderElement(outputs[k]!, i, bytesText);
    text += "}";
  }
  return `${text}]`;
}

function renderOutputs(outputs: readonly Tensor[]): string {
  const fields = outputs.map(
    (tensor) => `${JSON.stringify(tensor.name)}:${renderNested(tensor, tensor.shape, { start: 0, bytesText })}`,
  );
  return `{${fields.join(",")}}`;
}
