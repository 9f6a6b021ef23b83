import type { InputSpec, OutputSpec, Signature } from "@slipway/runtime";

/** One thing that stops callers, or makes them read something else than before. JSON-safe. */
export interface BreakingChange {
  /** `inputs.hour`, `outputs.late`, `packed`, `batched`. */
  readonly path: string;
  readonly kind:
    | "input_removed"
    | "input_added"
    | "input_datatype"
    | "input_shape"
    | "input_range"
    | "input_nullable"
    | "output_removed"
    | "output_datatype"
    | "output_shape"
    | "output_classes"
    | "matrix"
    | "batch";
  /** What changed and whom it hurts; a sentence without its full stop. */
  readonly message: string;
}

/**
 * What of `after` breaks those who call `before`: requests that are refused, and answers that are read as something else. A
 * new nullable input, a wider range and a new output break nobody. `fields`: names that are no inputs and are accepted all
 * the same (`log.fields`, `log.key`), so that a caller who goes on sending a removed input is not refused.
 */
export function findBreakingChanges(
  before: Signature,
  after: Signature,
  fields: ReadonlySet<string> = new Set(),
): BreakingChange[] {
  return [...inputChanges(before, after, fields), ...outputChanges(before, after), ...wholeChanges(before, after)];
}

function* inputChanges(before: Signature, after: Signature, fields: ReadonlySet<string>): Generator<BreakingChange> {
  const old = byName(before.inputs);
  const present = byName(after.inputs);
  for (const [name, input] of old) {
    const path = `inputs.${name}`;
    const now = present.get(name);
    if (now !== undefined) yield* inputChange(path, input, now);
    else if (!fields.has(name)) {
      const message = `input ${name} is gone: callers who send it are refused (unless log.fields names it)`;
      yield { path, kind: "input_removed", message };
    }
  }
  for (const [name, { nullable }] of present) {
    if (old.has(name) || nullable) continue;
    const message = `input ${name} is new and required: callers do not send it (nullable: true lets them go on)`;
    yield { path: `inputs.${name}`, kind: "input_added", message };
  }
}

function* inputChange(path: string, before: InputSpec, after: InputSpec): Generator<BreakingChange> {
  const { name } = before;
  if (before.datatype !== after.datatype) {
    const message = `input ${name} was ${before.datatype} and is ${after.datatype}: tensors of the old datatype are refused`;
    yield { path, kind: "input_datatype", message };
  }
  if (!takes(toCommonShape(after.shape), toCommonShape(before.shape))) {
    const message = `input ${name} had the shape ${show(before.shape)} and takes ${show(after.shape)} only`;
    yield { path, kind: "input_shape", message };
  }
  if (after.range !== undefined && !(before.range !== undefined && isInside(before.range, after.range))) {
    const was = before.range === undefined ? "any value" : `${before.range[0]} to ${before.range[1]}`;
    const message = `input ${name} took ${was} and takes ${after.range[0]} to ${after.range[1]} only`;
    yield { path, kind: "input_range", message };
  }
  if (before.nullable && !after.nullable)
    yield { path, kind: "input_nullable", message: `input ${name} may no longer be null or left out` };
}

function* outputChanges(before: Signature, after: Signature): Generator<BreakingChange> {
  const present = byName(after.outputs);
  for (const output of before.outputs) {
    const path = `outputs.${output.name}`;
    const now = present.get(output.name);
    if (now !== undefined) yield* outputChange(path, output, now);
    else
      yield {
        path,
        kind: "output_removed",
        message: `output ${output.name} is gone: callers who read it find nothing`,
      };
  }
}

function* outputChange(path: string, before: OutputSpec, after: OutputSpec): Generator<BreakingChange> {
  const { name } = before;
  if (before.datatype !== after.datatype) {
    const message = `output ${name} was ${before.datatype} and is ${after.datatype}`;
    yield { path, kind: "output_datatype", message };
  }
  if (show(toCommonShape(before.shape)) !== show(toCommonShape(after.shape))) {
    const message = `output ${name} had the shape ${show(before.shape)} and has ${show(after.shape)}`;
    yield { path, kind: "output_shape", message };
  }
  if (JSON.stringify(before.classes ?? null) !== JSON.stringify(after.classes ?? null)) {
    const list = ({ classes }: OutputSpec) => (classes === undefined ? "no classes" : `the classes ${brief(classes)}`);
    const message = `output ${name} had ${list(before)} and has ${list(after)}`;
    yield { path, kind: "output_classes", message };
  }
}

/** Callers may send the matrix of a packed model instead of its columns: then the order of the columns is their meaning. */
function* wholeChanges(before: Signature, after: Signature): Generator<BreakingChange> {
  if (before.packed !== null) {
    const { tensor, datatype } = before.packed;
    const old = before.inputs.map(({ name }) => name);
    const now = after.inputs.map(({ name }) => name);
    const isSame = after.packed?.tensor === tensor && after.packed.datatype === datatype;
    // Columns that are gone are told by their names already.
    const isKept = old.every((name) => now.includes(name));
    if (!isSame)
      yield { path: "packed", kind: "matrix", message: `the matrix ${tensor} (${datatype}) is no longer taken` };
    else if (isKept && old.some((name, index) => now[index] !== name))
      yield {
        path: "packed",
        kind: "matrix",
        message: `the columns of the matrix ${tensor} are in another order: ${brief(now)} instead of ${brief(old)}`,
      };
  }
  if (before.batched && !after.batched)
    yield { path: "batched", kind: "batch", message: "a request may no longer have more than one row" };
}

function byName<T extends { readonly name: string }>(specs: readonly T[]): Map<string, T> {
  return new Map(specs.map((spec) => [spec.name, spec]));
}

/** [N] and [N, 1] stand for each other. */
function toCommonShape(shape: readonly number[]): readonly number[] {
  return shape.length === 2 && shape[0] === -1 && shape[1] === 1 ? [-1] : shape;
}

function takes(after: readonly number[], before: readonly number[]): boolean {
  return after.length === before.length && after.every((size, i) => size === -1 || size === before[i]);
}

function isInside([low, high]: readonly [number, number], [lowest, highest]: readonly [number, number]): boolean {
  return low >= lowest && high <= highest;
}

function show(shape: readonly number[]): string {
  return `[${shape.map((size) => (size === -1 ? "any" : size)).join(", ")}]`;
}

function brief(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(", ")}, …` : names.join(", ");
}
