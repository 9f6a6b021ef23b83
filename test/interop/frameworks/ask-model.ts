import { fileURLToPath } from "node:url";
import { createRules, writeElements } from "../../../packages/runtime/src/codec/elements.ts";
import { createData, elementCount } from "../../../packages/runtime/src/datatype.ts";
import {
  describeModel,
  type DescribedModel,
  type ModelLine,
  type ModelReport,
  type Signature,
  type Tensor,
} from "../../../packages/runtime/src/index.ts";

export const program = fileURLToPath(new URL("../../../python", import.meta.url));

export interface Opening {
  readonly bin: string;
  readonly folder: string;
  readonly flavor: string;
  readonly path: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly onLine?: (line: ModelLine) => void;
}

/** The process of a Python model, asked what it has open. */
export function describePython({ bin, folder, flavor, path, options = {}, onLine }: Opening): Promise<DescribedModel> {
  const environment = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    OPENBLAS_CORETYPE: process.env["OPENBLAS_CORETYPE"],
  };
  return describeModel(
    {
      command: [`${bin}/python`, "-s", program],
      environment,
      model: { flavor, path, options },
      ...(onLine && { onLine }),
    },
    { folder, path },
    { threads: 1, memoryBytes: null, what: "the model", signal: new AbortController().signal },
  );
}

/** What a server makes of a report where nothing is declared. */
export function toSignature({ inputs, matrix, batched }: ModelReport, declared: Signature["inputs"] = []): Signature {
  const own = (inputs ?? []) as Signature["inputs"];
  const named = own.map((input) => declared.find(({ name }) => name === input.name) ?? input);
  return { inputs: inputs === null ? declared : named, outputs: [], packed: matrix, batched };
}

/** In words. */
export function sayInputs({ inputs, matrix }: ModelReport): string {
  if (inputs === null) return "not said";
  const said = inputs.map(({ name, datatype, shape, nullable, format, categories }) =>
    [
      name,
      datatype,
      ...inner(shape),
      ...(nullable ? ["or null"] : []),
      ...(format ? [format] : []),
      ...named(categories),
    ].join(" "),
  );
  return `${said.join(", ")}${matrix === null ? "" : ` in ${matrix.tensor}`}`;
}

export function sayOutputs({ outputs }: ModelReport): string {
  if (outputs === null) return "a run shows";
  const said = outputs.map(({ name, datatype, shape, classes }) =>
    [name, datatype, ...inner(shape), ...named(classes)].join(" "),
  );
  return said.join(", ");
}

const inner = (shape: readonly number[]) => (shape.length === 1 ? [] : [JSON.stringify(shape)]);
const named = (texts?: readonly string[]) =>
  texts === undefined ? [] : ["of", texts.map((text) => JSON.stringify(text)).join(", ")];

export type Columns = Readonly<Record<string, readonly unknown[]>>;

/** A list for each input; lists in lists where it has inner dimensions. */
export function toTensors({ inputs, packed }: Signature, columns: Columns): Tensor[] {
  if (packed === null) return inputs.map((input) => toTensor(input, columns[input.name]!));
  const rows = columns[inputs[0]!.name]!.map((_, row) => inputs.map(({ name }) => columns[name]![row]));
  return [toTensor({ name: packed.tensor, datatype: packed.datatype, shape: [-1, -1], nullable: true }, rows)];
}

function toTensor(input: Signature["inputs"][number], values: readonly unknown[]): Tensor {
  const flat = values.flat(input.shape.length - 1);
  const inner = input.shape.slice(1).map((size) => (size === -1 ? flat.length / values.length : size));
  const data = createData(input.datatype, elementCount([values.length, ...inner]));
  const bad = writeElements(data, 0, flat, createRules("record", { ...input, nullable: true }));
  if (bad >= 0) throw new Error(`${input.name} does not take ${JSON.stringify(flat[bad])}.`);
  return { name: input.name, datatype: input.datatype, shape: [values.length, ...inner], data };
}

/** Rows of an answer as JSON has them: NaN and missing texts are null. */
export function toRows({ shape, datatype, data }: Tensor): unknown[] {
  const flat = Array.from(data as ArrayLike<unknown>, (value) => {
    if (datatype === "BOOL") return value === 1;
    if (typeof value === "bigint") return Number(value);
    return value instanceof Uint8Array || Number.isNaN(value) ? null : value;
  });
  return nest(flat, shape.slice(1));
}

function nest(flat: unknown[], inner: readonly number[]): unknown[] {
  if (inner.length === 0) return flat;
  const size = elementCount(inner);
  return Array.from({ length: flat.length / size }, (_, row) =>
    nest(flat.slice(row * size, (row + 1) * size), inner.slice(1)),
  );
}
