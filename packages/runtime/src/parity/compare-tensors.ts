import { shortestFloat32 } from "../codec/shortest-float.ts";
import { fromHalfBits, isBytesData, isFloat } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";
import { ulpDistance } from "./ulps.ts";

/** `|got - expected| <= absolute + relative * |expected|`, for floats only: everything else must be equal. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** What examples are held to unless they say otherwise: a recomputation in single precision, with some room. */
export const defaultTolerance: Tolerance = { absolute: 1e-6, relative: 1e-4 };

/** One element, JSON-safe: not-finite floats as `"NaN"`, `"Infinity"`, `"-Infinity"`; integers beyond 2^53 as digits; bytes that are no text as `{b64}`. */
export type ElementValue = number | string | boolean | { readonly b64: string };

export interface Comparison {
  /** Every element has the same bits; one NaN is as good as another. */
  readonly identical: boolean;
  /** Every element is within the tolerance. */
  readonly within: boolean;
  /** The largest distance in representable values. Null for what is no float, and where no two elements can be told apart so: one side is not finite. */
  readonly maxUlps: number | null;
  /** The element that is farthest beyond its tolerance, or nearest to it. Null where all are identical, or where the tensors differ in datatype or shape. */
  readonly worst: WorstElement | null;
}

export interface WorstElement {
  readonly index: number;
  readonly expected: ElementValue;
  readonly got: ElementValue;
  /** In tolerances: 1 is just allowed. `Number.MAX_VALUE` where no distance can be told. */
  readonly distance: number;
}

const different: Comparison = { identical: false, within: false, maxUlps: null, worst: null };

/**
 * Two tensors, element by element. NaN equals NaN, an infinity equals only itself, whole numbers, texts and booleans are
 * exact. Tensors of different datatypes or shapes are different. The largest `|got - expected| / tolerance` is the worst.
 */
export function compareTensors(expected: Tensor, got: Tensor, tolerance: Tolerance): Comparison {
  if (expected.datatype !== got.datatype || !sameShape(expected.shape, got.shape)) return different;
  return isFloat(expected.datatype) ? compareFloats(expected, got, tolerance) : compareExactly(expected, got);
}

/** Element `index` for people and JSON. */
export function elementValue(tensor: Tensor, index: number): ElementValue {
  if (tensor.datatype === "FP16") return toNumber(fromHalfBits(tensor.data[index] as number));
  if (tensor.datatype === "FP32") return toNumber(shortestFloat32(tensor.data[index] as number));
  if (tensor.datatype === "BOOL") return tensor.data[index] !== 0;
  const value = tensor.data[index]!;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number") return toNumber(value);
  return typeof value === "string" ? value : { b64: Buffer.from(value).toString("base64") };
}

function toNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function compareExactly(expected: Tensor, got: Tensor): Comparison {
  const isBytes = isBytesData(expected.data);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [expected.data[i]!, got.data[i]!];
    if (a === b || (isBytes && toBytes(a).equals(toBytes(b)))) continue;
    return { identical: false, within: false, maxUlps: null, worst: toWorst(i, Number.MAX_VALUE, { expected, got }) };
  }
  return { identical: true, within: true, maxUlps: null, worst: null };
}

function toBytes(value: unknown): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value as Uint8Array);
}

function compareFloats(expected: Tensor, got: Tensor, { absolute, relative }: Tolerance): Comparison {
  const datatype = expected.datatype as "FP16" | "FP32" | "FP64";
  const left = expected.data as Float64Array;
  const right = got.data as Float64Array;
  const read = datatype === "FP16" ? fromHalfBits : (value: number) => value;
  const ulps = ulpDistance[datatype];
  let [identical, within, incomparable] = [true, true, false];
  let [maxUlps, worstIndex, worstExcess] = [0, -1, -1];
  for (let i = 0; i < left.length; i++) {
    const b = read(left[i]!);
    const a = read(right[i]!);
    if (Object.is(a, b)) continue;
    identical = false;
    const excess = excessOf(a, b, absolute + relative * Math.abs(b));
    if (excess > 1) within = false;
    if (Number.isFinite(a) && Number.isFinite(b)) maxUlps = Math.max(maxUlps, ulps(right[i]!, left[i]!));
    else incomparable = true;
    if (excess > worstExcess) [worstIndex, worstExcess] = [i, excess];
  }
  const worst = worstIndex < 0 ? null : toWorst(worstIndex, worstExcess, { expected, got });
  return { identical, within, maxUlps: incomparable ? null : maxUlps, worst };
}

function toWorst(index: number, distance: number, pair: { expected: Tensor; got: Tensor }): WorstElement {
  return { index, expected: elementValue(pair.expected, index), got: elementValue(pair.got, index), distance };
}

/** Distance in tolerances. */
function excessOf(a: number, b: number, allowed: number): number {
  if (a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.MAX_VALUE;
  const distance = Math.abs(a - b);
  if (distance <= allowed) return allowed === 0 ? 0 : distance / allowed;
  return Math.max(allowed === 0 ? Number.MAX_VALUE : distance / allowed, 1 + Number.EPSILON);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
