import { SlipwayError } from "@slipway/contract/errors";
import { createData, elementCount } from "../datatype.ts";
import type { InputSpec, Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { listNames, requireFillable, unknownInput } from "../validate.ts";
import { createRules, describe, explainElement, friendlyName, quote, writeElements } from "./elements.ts";
import type { ElementRules } from "./elements.ts";
import { isObject, setOwn } from "./json-body.ts";
import { checkNesting, writeNested } from "./nesting.ts";
import type { Trouble } from "./nesting.ts";

export interface RecordOptions {
  /** Fields that a record may have beside the inputs: `log.key` and `log.fields`. */
  readonly extraFields: ReadonlySet<string>;
}

export interface RecordTensors {
  /** The signature's inputs in order; `packColumns` makes the model's own of them. */
  readonly tensors: readonly Tensor[];
  /** Per record the extra fields it has, or null where it has none. */
  readonly extra: readonly (Readonly<Record<string, unknown>> | null)[];
}

/** What is worked out once for a signature. */
interface Column {
  readonly spec: InputSpec;
  readonly rules: ElementRules;
  /** Dimensions of one record's value; empty for a plain value. -1 is any size, the same in every record. */
  readonly rowShape: readonly number[];
  /** A name such as `constructor`, which every object seems to have. */
  readonly inherited: boolean;
}

interface Plan {
  readonly columns: readonly Column[];
  readonly names: ReadonlySet<string>;
}

const plans = new WeakMap<Signature, Plan>();

/**
 * Records of people, `[{hour: 8, origin: "SFO"}, ...]`, as tensors; one record is one row. An input of more than one
 * value a row takes nested arrays. A missing or null value is NaN where the input is nullable. 64-bit integers beyond
 * 2^53 are strings of digits; a number in quotes is refused otherwise.
 * Throws `invalid_input` that names the record, the field, what was expected and what came.
 */
export function recordsToTensors(
  signature: Signature,
  records: readonly unknown[],
  options: RecordOptions,
): RecordTensors {
  const plan = planOf(signature);
  const rows = records.length;
  if (rows === 0) throw new SlipwayError("invalid_input", "There are no records. Send at least one.");
  if (rows > 1 && !signature.batched) {
    throw new SlipwayError(
      "invalid_input",
      `This model takes one record a request, got ${rows}. Send them one by one.`,
    );
  }
  for (let r = 0; r < rows; r++) {
    if (!isObject(records[r])) {
      throw new SlipwayError(
        "invalid_input",
        `${place(records, r)} must be an object of named values, got ${describe(records[r])}.`,
      );
    }
  }
  const rowsOfFields = records as readonly Record<string, unknown>[];
  const absent = new Uint32Array(rows);
  const tensors: Tensor[] = new Array(plan.columns.length);
  for (let c = 0; c < plan.columns.length; c++)
    tensors[c] = toTensor(plan.columns[c]!, rowsOfFields, { absent, plan, signature });
  const extra: (Record<string, unknown> | null)[] = new Array(rows);
  for (let r = 0; r < rows; r++) {
    const record = rowsOfFields[r]!;
    let fields = 0;
    for (const _ in record) fields++;
    // As many fields as inputs were found: nothing is left over, which is the common case.
    extra[r] =
      fields === plan.columns.length - absent[r]! ? null : takeExtra(record, { plan, signature, options, rows, r });
  }
  return { tensors, extra };
}

interface Context {
  /** Inputs that each record lacks. */
  readonly absent: Uint32Array;
  readonly plan: Plan;
  readonly signature: Signature;
}

function toTensor(column: Column, records: readonly Record<string, unknown>[], context: Context): Tensor {
  const { spec, rules, rowShape } = column;
  const rows = records.length;
  const values: unknown[] = new Array(rows);
  for (let r = 0; r < rows; r++) {
    const value = readField(records[r]!, column);
    if (value === undefined) {
      context.absent[r]!++;
      if (!rules.nullable) throw missingFields(records, r, context);
    }
    values[r] = value;
  }
  if (rowShape.length > 0) return toNestedTensor(column, values, records);
  const data = createData(spec.datatype, rows);
  const bad = writeElements(data, 0, values, rules);
  if (bad >= 0) throw wrongField(spec, { ...explainElement(values[bad], rules), path: "" }, place(records, bad));
  return { name: spec.name, datatype: spec.datatype, shape: plainShape(spec, rows), data };
}

/** [], [N] or [N, 1], as the signature has it. */
function plainShape(spec: InputSpec, rows: number): number[] {
  if (spec.shape.length === 1) return [rows];
  return spec.shape.length === 0 ? [] : [rows, 1];
}

function toNestedTensor(column: Column, values: readonly unknown[], records: readonly unknown[]): Tensor {
  const { spec, rules, rowShape } = column;
  const example = values.find((value) => value !== undefined && value !== null);
  const dims = inferDimensions(rowShape, example);
  const width = elementCount(dims);
  // A size that is left open can only be learnt from a value.
  const mayBeAbsent = rules.nullable && (example !== undefined || !rowShape.includes(-1));
  let absent = 0;
  for (let r = 0; r < values.length; r++) {
    if (mayBeAbsent && (values[r] === undefined || values[r] === null)) {
      absent++;
      continue;
    }
    const trouble = checkNesting(values[r], dims);
    if (trouble !== null) throw wrongField(spec, trouble, place(records, r));
  }
  requireFillable(spec.name, absent * width);
  const data = createData(spec.datatype, width * values.length);
  for (let r = 0; r < values.length; r++) {
    const value = values[r] ?? null;
    if (value === null) {
      writeElements(data, r * width, new Array(width).fill(null), rules);
      continue;
    }
    const trouble = writeNested({ data, start: r * width, rules }, value as readonly unknown[], dims);
    if (trouble !== null) throw wrongField(spec, trouble, place(records, r));
  }
  const isBatch = spec.shape.length > rowShape.length;
  return { name: spec.name, datatype: spec.datatype, shape: isBatch ? [values.length, ...dims] : dims, data };
}

/** The sizes that the signature leaves open, as the first elements of `example` have them. */
function inferDimensions(rowShape: readonly number[], example: unknown): number[] {
  let level = example;
  return rowShape.map((dim) => {
    const size = dim === -1 && Array.isArray(level) ? level.length : dim;
    level = Array.isArray(level) ? level[0] : undefined;
    // Below an empty array nothing tells the sizes.
    return size === -1 ? 0 : size;
  });
}

function readField(record: Record<string, unknown>, column: Column): unknown {
  if (column.inherited && !Object.hasOwn(record, column.spec.name)) return undefined;
  return record[column.spec.name];
}

function takeExtra(
  record: Record<string, unknown>,
  at: { plan: Plan; signature: Signature; options: RecordOptions; rows: number; r: number },
): Record<string, unknown> | null {
  let extra: Record<string, unknown> | null = null;
  for (const name of Object.keys(record)) {
    if (at.plan.names.has(name)) continue;
    if (at.options.extraFields.has(name)) setOwn((extra ??= {}), name, record[name]);
    else throw unknownField(at.signature, name, at.rows > 1 ? `records[${at.r}]: ` : "");
  }
  return extra;
}

function unknownField(signature: Signature, name: string, where: string): SlipwayError {
  const error = unknownInput({ ...signature, packed: null }, name);
  const advice = "A field that is no input is accepted where log.fields of slipway.yaml names it.";
  return new SlipwayError("invalid_input", `${where}${error.message} ${advice}`, error.details);
}

function missingFields(records: readonly Record<string, unknown>[], r: number, context: Context): SlipwayError {
  const record = records[r]!;
  const missing = context.plan.columns.filter(
    (column) => !column.rules.nullable && readField(record, column) === undefined,
  );
  const names = missing.map((column) => column.spec.name);
  const known = context.plan.names;
  // A slip of the pen shows as a missing and an unknown field: the unknown one tells more.
  const unknown = Object.keys(record)
    .filter((name) => !known.has(name))
    .slice(0, 5);
  const slip = unknown.length === 0 ? "" : ` It has ${listNames(unknown)}, which the model does not know.`;
  const expected = missing.map(
    (column) => `${column.spec.name}: ${friendlyName(column.spec.datatype, column.spec.format)}`,
  );
  const shown = expected.slice(0, 5).join(", ") + (expected.length > 5 ? ", ..." : "");
  return new SlipwayError("invalid_input", `${place(records, r)} lacks ${listNames(names)}. Add ${shown}.${slip}`, {
    inputs: names,
    record: r,
  });
}

function wrongField(spec: InputSpec, trouble: Trouble, where: string): SlipwayError {
  const { path, message, expected, got } = trouble;
  const prefix = where === "The record" ? "" : `${where}: `;
  return new SlipwayError("invalid_input", `${prefix}Input ${quote(spec.name)}${path}: ${message}.`, {
    input: spec.name,
    ...(prefix !== "" && { record: Number(/\d+/.exec(where)![0]) }),
    expected,
    got,
  });
}

function place(records: readonly unknown[], row: number): string {
  return records.length > 1 ? `records[${row}]` : "The record";
}

function planOf(signature: Signature): Plan {
  const known = plans.get(signature);
  if (known !== undefined) return known;
  const columns = signature.inputs.map((spec) => ({
    spec,
    rules: createRules("record", spec),
    rowShape: rowShapeOf(spec.shape, signature.batched),
    inherited: spec.name in Object.prototype,
  }));
  const plan = { columns, names: new Set(signature.inputs.map((input) => input.name)) };
  plans.set(signature, plan);
  return plan;
}

/** Shape of one record's value. [N] and [N, 1] hold plain values; without a batch, a leading 1 is taken for one. */
function rowShapeOf(shape: readonly number[], batched: boolean): readonly number[] {
  const inner = batched || shape[0] === 1 ? shape.slice(1) : shape;
  return inner.length === 1 && inner[0] === 1 ? [] : inner;
}
