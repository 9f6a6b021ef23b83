import { SlipwayError } from "@slipway/contract/errors";
import { formatShape, isFloat, numberAt } from "../datatype.ts";
import type { OutputSpec, Signature } from "../signature.ts";
import { isMissingText, type Tensor } from "../tensor.ts";
import { quote } from "./elements.ts";
import { setOwn } from "./json-body.ts";
import { floatAt, toJsonInteger } from "./number-text.ts";
import { shortestFloat32 } from "./shortest-float.ts";

// Two renderings of one meaning: objects for callers in the process, text for the hot path. A test holds them equal.

/** `probabilities` sum over classes; `binary` has the probability of the second of two; `plain` is everything else. */
interface View {
  readonly spec: OutputSpec;
  readonly tensor: Tensor;
  readonly form: "probabilities" | "binary" | "plain";
  /** Dimensions of one row's value; empty for a plain value. */
  readonly rowShape: readonly number[];
  readonly width: number;
}

/** JSON texts of names that do not change between answers. */
interface Texts {
  readonly key: string;
  readonly classes: readonly string[];
}

const textsOf = new WeakMap<OutputSpec, Texts>();

/**
 * One object a row, keyed by output name. With classes, `{class, probabilities: {name: p, ...}}` for floats and the
 * class name for integers; [N] and [N, 1] give plain values, other shapes nested arrays. A float that is not finite is
 * null, and then so is the class; integers beyond 2^53 are strings of digits; a missing text is null, BYTES that are no text are {"b64": ...}.
 * Throws `model_failed` where the outputs do not have `rows` rows or a class that is named.
 */
export function tensorsToPredictions(
  signature: Signature,
  outputs: readonly Tensor[],
  rows: number,
): Record<string, unknown>[] {
  const views = viewOutputs(signature, outputs, rows);
  return Array.from({ length: rows }, (_, row) => {
    const prediction: Record<string, unknown> = {};
    for (const view of views) setOwn(prediction, view.spec.name, toValue(view, row));
    return prediction;
  });
}

/** What one output says about the classes of its rows. */
export interface ClassReader {
  /** Index of the class that callers are told; -1 where a probability is not a number. */
  chosen(row: number): number;
  /** Of class `k`. Not for whole numbers, which name their class and no more. */
  probability(row: number, k: number): number;
}

/** Of an output that has classes. @throws SlipwayError `model_failed` */
export function readClasses(
  spec: OutputSpec,
  tensor: Tensor,
  expected: { rows: number; batched: boolean },
): ClassReader {
  const view = viewOutput(spec, tensor, expected);
  return {
    chosen: (row) => (view.form === "plain" ? Number(tensor.data[row]) : chooseClass(view, row)),
    probability: (row, k) => probability(view, row, k),
  };
}

/** The JSON text of the array that `tensorsToPredictions` makes. */
export function renderPredictions(signature: Signature, outputs: readonly Tensor[], rows: number): string {
  const views = viewOutputs(signature, outputs, rows);
  let text = "[";
  for (let row = 0; row < rows; row++) {
    text += row === 0 ? "{" : ",{";
    for (let i = 0; i < views.length; i++) text += (i === 0 ? "" : ",") + renderValue(views[i]!, row);
    text += "}";
  }
  return `${text}]`;
}

function viewOutputs(signature: Signature, outputs: readonly Tensor[], rows: number): View[] {
  const views: View[] = new Array(signature.outputs.length);
  for (let i = 0; i < views.length; i++) {
    const spec = signature.outputs[i]!;
    const tensor = outputs[i];
    if (tensor === undefined) throw new SlipwayError("model_failed", `The model gave no output ${quote(spec.name)}.`);
    views[i] = viewOutput(spec, tensor, { rows, batched: signature.batched });
  }
  return views;
}

const noDimensions: readonly number[] = [];

function viewOutput(spec: OutputSpec, tensor: Tensor, expected: { rows: number; batched: boolean }): View {
  const { shape } = tensor;
  const hasBatch = expected.batched || (shape[0] === 1 && shape.length > 0);
  if (expected.batched && shape[0] !== expected.rows) {
    const what = `gave shape ${formatShape(shape)} for ${expected.rows} rows`;
    throw new SlipwayError("model_failed", `Output ${quote(spec.name)} ${what}; its first dimension is not the batch.`);
  }
  const first = hasBatch ? 1 : 0;
  let width = 1;
  for (let i = first; i < shape.length; i++) width *= shape[i]!;
  const isPlain = shape.length === first || (shape.length === first + 1 && width === 1);
  const rowShape = isPlain ? noDimensions : shape.slice(first);
  const form =
    spec.classes !== undefined && isFloat(tensor.datatype)
      ? classForm(spec, spec.classes, { shape, first, width })
      : "plain";
  return { spec, tensor, form, rowShape, width };
}

function classForm(
  spec: OutputSpec,
  classes: readonly string[],
  { shape, first, width }: { shape: readonly number[]; first: number; width: number },
): View["form"] {
  if (shape.length === first + 1 && width === classes.length) return "probabilities";
  if (width === 1 && classes.length === 2) return "binary";
  throw new SlipwayError(
    "model_failed",
    `Output ${quote(spec.name)} has ${width} values a row, but ${classes.length} classes are named. Correct "classes" in slipway.yaml.`,
  );
}

function toValue(view: View, row: number): unknown {
  if (view.form === "plain") return nest(view, view.rowShape, row * view.width);
  const classes = view.spec.classes!;
  const chosen = chooseClass(view, row);
  const probabilities: Record<string, unknown> = {};
  for (let k = 0; k < classes.length; k++) setOwn(probabilities, classes[k]!, finite(probability(view, row, k)));
  return { class: chosen < 0 ? null : classes[chosen]!, probabilities };
}

function nest(view: View, dims: readonly number[], start: number): unknown {
  if (dims.length === 0) return leaf(view, start);
  const inner = dims.slice(1);
  let width = 1;
  for (const dim of inner) width *= dim;
  return Array.from({ length: dims[0]! }, (_, i) => nest(view, inner, start + i * width));
}

/** The first of the likeliest classes, -1 where a probability is not a number. */
function chooseClass(view: View, row: number): number {
  if (view.form === "binary") {
    const second = floatAt(view.tensor, row);
    return Number.isFinite(second) ? (second > 0.5 ? 1 : 0) : -1;
  }
  const start = row * view.width;
  let best = -1;
  let most = -Infinity;
  for (let k = 0; k < view.width; k++) {
    const value = numberAt(view.tensor, start + k);
    if (!Number.isFinite(value)) return -1;
    if (value <= most) continue;
    most = value;
    best = k;
  }
  return best;
}

function probability(view: View, row: number, k: number): number {
  if (view.form === "probabilities") return floatAt(view.tensor, row * view.width + k);
  const second = floatAt(view.tensor, row);
  if (k === 1) return second;
  // In the precision of the output, so that 0.8 leaves 0.2 and not 0.19999999999999996.
  return view.tensor.datatype === "FP64" ? 1 - second : shortestFloat32(Math.fround(1 - second));
}

function finite(value: number): number | null {
  return value - value === 0 ? value : null;
}

function leaf(view: View, index: number): unknown {
  const { tensor, spec } = view;
  const { datatype } = tensor;
  if (isFloat(datatype)) return finite(floatAt(tensor, index));
  const value = tensor.data[index];
  if (datatype === "BOOL") return value !== 0;
  if (typeof value === "string") return value;
  if (isMissingText(value)) return null;
  if (value instanceof Uint8Array) return { b64: Buffer.from(value).toString("base64") };
  if (spec.classes !== undefined) return className(spec, spec.classes, Number(value));
  return typeof value === "bigint" ? toJsonInteger(value) : value;
}

function className(spec: OutputSpec, classes: readonly string[], index: number): string {
  const name = classes[index];
  if (name !== undefined) return name;
  throw new SlipwayError(
    "model_failed",
    `Output ${quote(spec.name)} gave class ${index}, but ${classes.length} classes are named. Correct "classes" in slipway.yaml.`,
  );
}

function renderValue(view: View, row: number): string {
  const { key, classes } = requireTexts(view.spec);
  if (view.form === "plain") return key + renderNested(view, view.rowShape, row * view.width);
  const chosen = chooseClass(view, row);
  const chosenText = chosen < 0 ? "null" : JSON.stringify(view.spec.classes![chosen]);
  let text = `${key}{"class":${chosenText},"probabilities":{`;
  for (let k = 0; k < classes.length; k++)
    text += (k === 0 ? "" : ",") + classes[k]! + String(finite(probability(view, row, k)));
  return `${text}}}`;
}

function renderNested(view: View, dims: readonly number[], start: number): string {
  if (dims.length === 0) return renderLeaf(view, start);
  const inner = dims.slice(1);
  let width = 1;
  for (const dim of inner) width *= dim;
  let text = "[";
  for (let i = 0; i < dims[0]!; i++) text += (i === 0 ? "" : ",") + renderNested(view, inner, start + i * width);
  return `${text}]`;
}

function renderLeaf(view: View, index: number): string {
  const value = leaf(view, index);
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function requireTexts(spec: OutputSpec): Texts {
  const known = textsOf.get(spec);
  if (known !== undefined) return known;
  const classes = (spec.classes ?? []).map((name) => `${JSON.stringify(name)}:`);
  const texts = { key: `${JSON.stringify(spec.name)}:`, classes };
  textsOf.set(spec, texts);
  return texts;
}
