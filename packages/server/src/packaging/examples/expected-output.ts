import {
  createData,
  createRules,
  describeValue,
  explainElement,
  isFloat,
  writeElements,
  type ExpectedOutput,
  type OutputSpec,
  type Tensor,
} from "@slipway/runtime";
import { exampleError } from "./example-error.ts";
import { isObject } from "./example-rows.ts";

/** The values of one output, a row each, and what they are of. */
export interface RecordedOutput {
  readonly spec: OutputSpec;
  readonly values: readonly unknown[];
  readonly file: string;
}

/**
 * What was recorded of an output in one of the forms of predict: a number, text or list; of an output with classes the name
 * of a class, `{class: probability}`, `{class, probabilities}`, the list of all probabilities, or the probability of the
 * second of two. All rows have the same form. @throws SlipwayError `invalid_file`
 */
export function toExpected(recorded: RecordedOutput): ExpectedOutput[] {
  const { spec, values } = recorded;
  const { classes } = spec;
  if (classes === undefined) return [toValues(recorded, values)];
  if (!isFloat(spec.datatype)) {
    const indices = values.map((value, row) => mapLeaves(value, (leaf) => requireClass(recorded, row, leaf)));
    return [toValues(recorded, indices)];
  }
  if (values.every((value) => isClass(classes, value)))
    return [toClasses(recorded, (row) => requireClass(recorded, row, values[row]))];
  return fromProbabilities(recorded, classes);
}

/** One row's probabilities by the index of the class, and the class that was chosen. */
interface Row {
  readonly chosen: number | null;
  readonly probabilities: ReadonlyMap<number, unknown>;
}

function fromProbabilities(recorded: RecordedOutput, classes: readonly string[]): ExpectedOutput[] {
  const rows = recorded.values.map((value, row) => toRow(recorded, classes, { value, row }));
  const [first] = rows;
  const known = [...first!.probabilities.keys()];
  for (const [row, { chosen, probabilities }] of rows.entries()) {
    if ((chosen === null) !== (first!.chosen === null))
      throw fault(recorded, row, "says a class, or none, other than the first row; every row needs the same");
    if (probabilities.size !== known.length || known.some((index) => !probabilities.has(index)))
      throw fault(recorded, row, "has probabilities of other classes than the first row; every row needs the same");
  }
  const expected: ExpectedOutput[] = [];
  if (first!.chosen !== null) expected.push(toClasses(recorded, (row) => rows[row]!.chosen!));
  if (known.length === 0) return expected;
  const order = known.toSorted((a, b) => a - b);
  const flat = rows.map(({ probabilities }) => order.map((index) => probabilities.get(index)));
  return [...expected, { ...toValues(recorded, flat), form: "probabilities", classes: order }];
}

function toRow(
  recorded: RecordedOutput,
  classes: readonly string[],
  { value, row }: { value: unknown; row: number },
): Row {
  if (Array.isArray(value)) {
    if (value.length !== classes.length)
      throw fault(recorded, row, `is a list of ${value.length}, but there are ${classes.length} classes`);
    return { chosen: null, probabilities: new Map(value.map((p, index) => [index, p])) };
  }
  if (isObject(value)) return fromObject(recorded, classes, { value, row });
  const isBinary = classes.length === 2 && (typeof value === "number" || isNumeric(value));
  if (isBinary) return { chosen: null, probabilities: new Map([[1, value]]) };
  throw fault(
    recorded,
    row,
    `is ${describeValue(value)}; expected a class (${listClasses(classes)}) or {class: probability}`,
  );
}

function fromObject(
  recorded: RecordedOutput,
  classes: readonly string[],
  { value, row }: { value: Record<string, unknown>; row: number },
): Row {
  const keys = Object.keys(value);
  const isWhole = keys.every((key) => key === "class" || key === "probabilities") && !classes.includes("class");
  const map = isWhole ? (value["probabilities"] ?? {}) : value;
  if (!isObject(map))
    throw fault(recorded, row, `has probabilities that are ${describeValue(map)}, not {class: probability}`);
  const probabilities = new Map<number, unknown>();
  for (const [name, probability] of Object.entries(map))
    probabilities.set(requireClass(recorded, row, name), probability);
  const chosen = isWhole && "class" in value ? requireClass(recorded, row, value["class"]) : null;
  if (chosen === null && probabilities.size === 0) throw fault(recorded, row, "says nothing about any class");
  return { chosen, probabilities };
}

function toClasses({ spec, values }: RecordedOutput, indexOf: (row: number) => number): ExpectedOutput {
  const data = Int32Array.from({ length: values.length }, (_, row) => indexOf(row));
  const tensor: Tensor = { name: spec.name, datatype: "INT32", shape: [data.length], data };
  return { output: spec.name, form: "class", classes: [], tensor };
}

/** Plain or nested values in the datatype of the output: floats are rounded as the model's are. */
function toValues(recorded: RecordedOutput, values: readonly unknown[]): ExpectedOutput {
  const { spec } = recorded;
  const { datatype } = spec;
  const inner = measure(values[0]);
  const width = inner.reduce((product, size) => product * size, 1);
  const data = createData(datatype, values.length * width);
  const rules = createRules("oip", { datatype, nullable: true });
  for (const [row, value] of values.entries()) {
    const leaves: unknown[] = [];
    if (!collect(value, inner, leaves))
      throw fault(recorded, row, `is not of the shape [${inner.join(", ")}] that the first row has`);
    const bad = writeElements(data, row * width, leaves.map(toElement(datatype)), rules);
    if (bad >= 0) throw fault(recorded, row, explainElement(leaves[bad], rules).message);
  }
  const tensor = { name: spec.name, datatype, shape: [values.length, ...inner], data };
  return { output: spec.name, form: "value", classes: [], tensor };
}

/** A table of text has numbers and booleans as text. */
function toElement(datatype: Tensor["datatype"]): (value: unknown) => unknown {
  return (value) => {
    if (typeof value !== "string" || datatype === "BYTES") return value;
    if (datatype === "BOOL") return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : value;
    return isNumeric(value) && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  };
}

function measure(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...measure(value[0])] : [];
}

function collect(value: unknown, shape: readonly number[], into: unknown[]): boolean {
  if (shape.length === 0) return into.push(value) > 0 && !Array.isArray(value);
  return (
    Array.isArray(value) && value.length === shape[0] && value.every((each) => collect(each, shape.slice(1), into))
  );
}

function mapLeaves(value: unknown, to: (leaf: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map((each) => mapLeaves(each, to)) : to(value);
}

function isClass(classes: readonly string[], value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value) && classes.includes(String(value));
}

function requireClass(recorded: RecordedOutput, row: number, value: unknown): number {
  const { classes = [] } = recorded.spec;
  if (isClass(classes, value)) return classes.indexOf(String(value));
  throw fault(recorded, row, `names ${describeValue(value)}, which is no class of it: ${listClasses(classes)}`);
}

function listClasses(classes: readonly string[]): string {
  return classes.length > 10 ? `${classes.slice(0, 10).join(", ")}, …` : classes.join(", ");
}

function isNumeric(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}

function fault({ spec, file }: RecordedOutput, row: number, what: string) {
  return exampleError({ file, row, column: spec.name }, what);
}
