import { fromHalfBits } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";
import { shortestFloat32 } from "./shortest-float.ts";

const safe = BigInt(Number.MAX_SAFE_INTEGER);

/** The integer as JSON: a string of digits where a JSON number would not hold it. */
export function toJsonInteger(value: bigint): number | string {
  return value <= safe && value >= -safe ? Number(value) : value.toString();
}

/** A float as the double that prints shortest; may be NaN or infinite. */
export function floatAt(tensor: Tensor, index: number): number {
  const element = tensor.data[index] as number;
  if (tensor.datatype === "FP32") return shortestFloat32(element);
  return tensor.datatype === "FP16" ? shortestFloat32(fromHalfBits(element)) : element;
}
