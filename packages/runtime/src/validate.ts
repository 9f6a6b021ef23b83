import { SlipwayError } from "@slipway/contract/errors";
import { createRules, explainElement, holds, quote } from "./codec/elements.ts";
import { elementCount, formatShape, fromHalfBits, isFloat, isInteger } from "./datatype.ts";
import { findNearest } from "@slipway/contract/nearest";
import type { InputSpec, Signature } from "./signature.ts";
import { isMissingText, type BytesData, type Datatype, type Tensor } from "./tensor.ts";
import { isDateTime } from "./codec/date-time.ts";

/**
 * The tensor in the shape that `spec` says. With `batched`, [N] and [N, 1] stand for each other.
 * Throws `invalid_input` on another datatype or shape, a value out of range, and NaN where the input is not nullable.
 */
export function validateInput(spec: InputSpec, tensor: Tensor, batched: boolean): Tensor {
  if (tensor.datatype !== spec.datatype) {
    throw wrongTensor(spec.name, `expected datatype ${spec.datatype}, got ${tensor.datatype}`, {
      expected: spec.datatype,
      got: tensor.datatype,
    });
  }
  const shape = fitShape(spec.shape, tensor.shape, batched);
  if (shape === null) {
    const also = batched && isColumn(spec.shape) ? " (N values, one a row)" : "";
    const message = `expected shape ${formatShape(spec.shape)}${also}, got ${formatShape(tensor.shape)}`;
    throw wrongTensor(spec.name, message, { expected: spec.shape, got: tensor.shape });
  }
  const count = elementCount(shape);
  if (tensor.data.length !== count || !holds(tensor.datatype, tensor.data)) {
    throw wrongTensor(spec.name, `shape ${formatShape(shape)} is ${count} elements, data has ${tensor.data.length}`, {
      expected: count,
      got: tensor.data.length,
    });
  }
  validateValues(spec, tensor);
  if (shape === tensor.shape) return tensor;
  return { name: tensor.name, datatype: tensor.datatype, shape, data: tensor.data };
}

const everyElement = { offset: 0, stride: 1 };

/** Every element of a tensor, or every `stride`-th from `offset` on: one column of a matrix. */
function validateValues(spec: InputSpec, tensor: Tensor, { offset, stride } = everyElement): void {
  const { datatype, data } = tensor;
  if (datatype === "BYTES") return validateTexts(spec, data as BytesData);
  if (datatype === "BOOL") return;
  const whole = isWhole(spec, datatype);
  if (spec.range === undefined && !whole && (spec.nullable || !isFloat(datatype) || !mayHaveNaN(tensor))) return;
  const range = spec.datatype === "BOOL" ? ([0, 1] as const) : spec.range;
  const rules = createRules("oip", { datatype, nullable: spec.nullable, ...(range && { range }) });
  const { min, max, nullable } = rules;
  if (datatype === "FP32" && stride === 1 && !whole && isWithin(data as Float32Array, min, max)) return;
  const isHalf = datatype === "FP16";
  for (let i = offset; i < data.length; i += stride) {
    const raw = data[i] as number;
    const value = isHalf ? fromHalfBits(raw) : raw;
    // Comparisons hold for bigints too.
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) continue;
    if (value !== value && nullable) continue;
    throw wrongValue(spec, value, { index: (i - offset) / stride, whole, rules });
  }
}

function validateTexts({ name, nullable, format }: InputSpec, data: BytesData): void {
  for (let i = 0; i < data.length; i++) {
    const element = data[i]!;
    if (typeof element === "string" ? format === undefined || isDateTime(element) : isMissingText(element) && nullable)
      continue;
    // Other bytes are the model's to take or to refuse.
    if (format === undefined && !isMissingText(element)) continue;
    const why =
      typeof element === "string"
        ? `${quote(element)} is no date and time; write 2026-03-01 or 2026-03-01T12:00:00Z`
        : "a missing text, but the input is not nullable; send a text";
    throw wrongTensor(name, `element ${i}: ${why}`, { got: quote(String(element)) });
  }
}

/** The columns of a matrix, in the order of `specs`. Looks at each value only where its column asks for more than no NaN. */
export function validateColumns(specs: readonly InputSpec[], matrix: Tensor): void {
  const mayLack = isFloat(matrix.datatype) && specs.some(({ nullable }) => !nullable) && mayHaveNaN(matrix);
  for (let offset = 0; offset < specs.length; offset++) {
    const spec = specs[offset]!;
    if (mayLack || spec.range !== undefined || isWhole(spec, matrix.datatype))
      validateValues(spec, matrix, { offset, stride: specs.length });
  }
}

/** Whether the caller's values are whole numbers, though those of the tensor need not be. */
function isWhole({ datatype }: InputSpec, held: Datatype): boolean {
  return isFloat(held) && (isInteger(datatype) || datatype === "BOOL");
}

/** For itself, since a loop that meets one kind of array takes a quarter of the time. */
function isWithin(data: Float32Array, min: number, max: number): boolean {
  for (let i = 0; i < data.length; i++) if (!(data[i]! >= min && data[i]! <= max)) return false;
  return true;
}

/**
 * False: none of the floats is NaN. True: one is, or infinities of both signs are among them. Four sums at once, for one alone waits
 * for itself: this takes half a nanosecond an element, comparing takes ten times as much.
 */
function mayHaveNaN({ datatype, data }: Tensor): boolean {
  if (datatype === "FP16") return true;
  return datatype === "FP32" ? isSumNaN(data as Float32Array) : isSumNaN64(data as Float64Array);
}

function isSumNaN(data: Float32Array): boolean {
  const four = data.length - (data.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < four; i += 4) {
    a += data[i]!;
    b += data[i + 1]!;
    c += data[i + 2]!;
    d += data[i + 3]!;
  }
  for (let i = four; i < data.length; i++) a += data[i]!;
  return Number.isNaN(a + b + c + d);
}

/** The same again: a function that meets both kinds of arrays is slower for either. */
function isSumNaN64(data: Float64Array): boolean {
  let [a, b] = [0, 0];
  for (let i = 1; i < data.length; i += 2) {
    a += data[i - 1]!;
    b += data[i]!;
  }
  if (data.length % 2 === 1) a += data[data.length - 1]!;
  return Number.isNaN(a + b);
}

const mostFilled = 1_000_000;

/** Throws `too_large` where more would be filled with NaN than a request may cost that does not bring the values itself. */
export function requireFillable(name: string, elements: number): void {
  if (elements <= mostFilled) return;
  const why = `${elements} values of input ${quote(name)} are missing, more than the ${mostFilled} that are filled with NaN`;
  throw new SlipwayError("too_large", `${why}. Send the values, or fewer rows.`, { input: name });
}

/** Says that the model has no such input, with the nearest name that it has. */
export function unknownInput(signature: Signature, name: string): SlipwayError {
  const known = signature.inputs.map((input) => input.name);
  if (signature.packed !== null) known.push(signature.packed.tensor);
  const nearest = findNearest(name, known);
  const shown = known.slice(0, 20).map(quote).join(", ") + (known.length > 20 ? ", ..." : "");
  const hint = nearest === null ? `Its inputs: ${shown}.` : `Did you mean ${quote(nearest)}?`;
  return new SlipwayError("invalid_input", `The model has no input ${quote(name)}. ${hint}`, { input: name, nearest });
}

/** `"a"`, or `"a" and "b"`, or `"a", "b" and 7 more`. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(quote);
  const rest = names.length - shown.length;
  const last = rest > 0 ? `${rest} more` : shown.length > 1 ? shown.pop()! : null;
  return last === null ? shown.join(", ") : `${shown.join(", ")} and ${last}`;
}

export function wrongTensor(name: string, why: string, details: { expected?: unknown; got?: unknown }): SlipwayError {
  return new SlipwayError("invalid_input", `Input ${quote(name)}: ${why}.`, { input: name, ...details });
}

function wrongValue(
  spec: InputSpec,
  value: number,
  at: { index: number; whole: boolean; rules: ReturnType<typeof createRules> },
): SlipwayError {
  const details = { element: at.index, got: String(value) };
  if (Number.isNaN(value)) {
    const message = `element ${at.index} is NaN, but the input is not nullable; send a number`;
    return wrongTensor(spec.name, message, { expected: "a number", ...details });
  }
  if (at.whole && value >= at.rules.min && value <= at.rules.max) {
    return wrongTensor(spec.name, `element ${at.index}: expected a whole number, got ${value}`, details);
  }
  const { message, expected } = explainElement(value, at.rules);
  return wrongTensor(spec.name, `element ${at.index}: ${message}`, { expected, ...details });
}

function isColumn(shape: readonly number[]): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

function fitShape(expected: readonly number[], got: readonly number[], batched: boolean): readonly number[] | null {
  if (matches(expected, got)) return got;
  if (!batched || !isColumn(expected) || !isColumn(got)) return null;
  const reshaped = expected.length === 1 ? [got[0]!] : [got[0]!, 1];
  return matches(expected, reshaped) ? reshaped : null;
}

function matches(expected: readonly number[], got: readonly number[]): boolean {
  if (expected.length !== got.length) return false;
  for (let i = 0; i < expected.length; i++) if (expected[i] !== -1 && expected[i] !== got[i]) return false;
  return true;
}
