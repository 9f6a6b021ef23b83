import { isFloat } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";
import { floatAt } from "./number-text.ts";

/** How bytes that are no UTF-8 text are written. */
export type BytesText = (bytes: Uint8Array) => string;

/**
 * The JSON text of one element: the shortest decimal of a float, null where it is not finite, an integer of 64 bits with all its
 * digits.
 */
export function renderElement(tensor: Tensor, index: number, bytesText: BytesText): string {
  const { datatype } = tensor;
  if (isFloat(datatype)) {
    const value = floatAt(tensor, index);
    return value - value === 0 ? String(value) : "null";
  }
  const value = tensor.data[index]!;
  if (datatype === "BOOL") return value === 0 ? "false" : "true";
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof Uint8Array ? bytesText(value) : String(value);
}

/** The JSON text of the elements from `start` on, nested as `dims` says. */
export function renderNested(
  tensor: Tensor,
  dims: readonly number[],
  { start, bytesText }: { readonly start: number; readonly bytesText: BytesText },
): string {
  if (dims.length === 0) return renderElement(tensor, start, bytesText);
  const inner = dims.slice(1);
  let width = 1;
  for (const size of inner) width *= size;
  let text = "[";
  for (let i = 0; i < dims[0]!; i++)
    text += (i === 0 ? "" : ",") + renderNested(tensor, inner, { start: start + i * width, bytesText });
  return `${text}]`;
}
