import { suggestion } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import { exampleError } from "./example-error.ts";

/** One example: inputs as a record of predict, outputs by their names, in the forms that `toExpected` takes. */
export interface ExampleRow {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Where a column of a flat table goes. */
type Place =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "output"; readonly name: string }
  | { readonly kind: "probability"; readonly name: string; readonly className: string };

/** `{inputs: {...}, outputs: {...}}`, or flat records. @throws SlipwayError `invalid_file` */
export function toExampleRows(signature: Signature, records: readonly unknown[], file: string): ExampleRow[] {
  const isNested = isObject(records[0]) && isObject(records[0]["inputs"]) && isObject(records[0]["outputs"]);
  const places = createPlaces(signature, file);
  return records.map((record, row) => {
    if (!isObject(record)) throw exampleError({ file, row }, "is no object with inputs and outputs");
    if (!isNested) return toFlatRow(record, row, places);
    const { inputs, outputs, ...others } = record;
    const [other] = Object.keys(others);
    if (other !== undefined)
      throw exampleError({ file, row, column: other }, 'is unknown: a row has "inputs" and "outputs" and no more');
    if (!isObject(inputs) || !isObject(outputs))
      throw exampleError({ file, row }, 'needs "inputs" and "outputs", as the first row has them');
    for (const name of Object.keys(inputs)) places.requireInput(name, row);
    for (const name of Object.keys(outputs)) places.requireOutput(name, row);
    return { inputs, outputs };
  });
}

function toFlatRow(record: Record<string, unknown>, row: number, places: ReturnType<typeof createPlaces>): ExampleRow {
  const inputs: Record<string, unknown> = {};
  const outputs: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(record)) {
    const place = places.find(column, row);
    if (place.kind === "input") inputs[place.name] = value;
    else if (place.kind === "output") outputs[place.name] = merge(outputs[place.name], { class: value });
    else outputs[place.name] = merge(outputs[place.name], { probabilities: { [place.className]: value } });
  }
  for (const [name, value] of Object.entries(outputs)) {
    // A column by itself is the plain value, which need not be a class.
    const { class: only, probabilities } = value as { class?: unknown; probabilities?: unknown };
    if (probabilities === undefined) outputs[name] = only;
  }
  return { inputs, outputs };
}

function merge(known: unknown, added: { class?: unknown; probabilities?: Record<string, unknown> }) {
  const { probabilities, ...rest } = (known ?? {}) as typeof added;
  const all = { ...probabilities, ...added.probabilities };
  return { ...rest, ...added, ...(Object.keys(all).length === 0 ? {} : { probabilities: all }) };
}

/** What the names of a file mean, worked out once. */
function createPlaces(signature: Signature, file: string) {
  const inputs = new Set(signature.inputs.map(({ name }) => name));
  const outputs = new Set(signature.outputs.map(({ name }) => name));
  const places = new Map<string, Place>();
  for (const { name, classes } of signature.outputs) {
    for (const className of classes ?? [])
      places.set(`${name}_p_${className}`, { kind: "probability", name, className });
  }
  for (const name of outputs) places.set(name, { kind: "output", name });
  for (const name of inputs) {
    const inFlat = places.has(name) && outputs.has(name);
    if (!inFlat) places.set(name, { kind: "input", name });
  }
  const both = [...inputs].filter((name) => outputs.has(name));
  const unknown = (column: string, row: number, known: Iterable<string>) => {
    const names = [...known];
    const all = names.length > 30 ? `${names.slice(0, 30).join(", ")}, …` : names.join(", ");
    return exampleError({ file, row, column }, `is unknown; there are: ${all}.${suggestion(column, names)}`);
  };
  return {
    find(column: string, row: number): Place {
      if (both.includes(column))
        throw exampleError({ file, row, column }, "names an input and an output; write {inputs: {…}, outputs: {…}}");
      const place = places.get(column);
      if (place === undefined) throw unknown(column, row, places.keys());
      return place;
    },
    requireInput(name: string, row: number): void {
      if (!inputs.has(name)) throw unknown(name, row, inputs);
    },
    requireOutput(name: string, row: number): void {
      if (!outputs.has(name)) throw unknown(name, row, outputs);
    },
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
