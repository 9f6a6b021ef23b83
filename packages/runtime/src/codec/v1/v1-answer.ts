import type { Signature } from "../../signature.ts";
import { isMissingText, type Tensor } from "../../tensor.ts";
import { renderNested } from "../nested-text.ts";
import type { V1Request } from "./v1-request.ts";

const bytesText = (bytes: Uint8Array) =>
  isMissingText(bytes) ? "null" : `{"b64":"${Buffer.from(bytes).toString("base64")}"}`;

/**
 * `{"predictions": [...]}` with an object an instance, `{"outputs": {...}}` by column; where the model has one output, bare values in
 * the place of the objects. `rows` is 1 for a model without a batch.
 */
export function renderV1Answer(
  form: V1Request["form"],
  outputs: readonly Tensor[],
  { signature, rows }: { readonly signature: Signature; readonly rows: number },
): string {
  if (form === "inputs") {
    const whole = outputs.map((tensor) => renderNested(tensor, tensor.shape, { start: 0, bytesText }));
    return `{"outputs":${named(outputs, whole)}}`;
  }
  const predictions: string[] = [];
  for (let row = 0; row < rows; row++) {
    const values = outputs.map((tensor) => renderRow(tensor, row, signature.batched));
    predictions.push(named(outputs, values));
  }
  return `{"predictions":[${predictions.join(",")}]}`;
}

function renderRow(tensor: Tensor, row: number, batched: boolean): string {
  const isBatch = batched || tensor.shape[0] === 1;
  const dims = isBatch ? tensor.shape.slice(1) : tensor.shape;
  return renderNested(tensor, dims, { start: row * dims.reduce((all, size) => all * size, 1), bytesText });
}

function named(outputs: readonly Tensor[], texts: readonly string[]): string {
  if (outputs.length === 1) return texts[0]!;
  return `{${outputs.map(({ name }, i) => `${JSON.stringify(name)}:${texts[i]}`).join(",")}}`;
}
