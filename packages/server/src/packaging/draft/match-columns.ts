import type { InputSpec, Signature } from "@slipway/runtime";
import { findMatrix } from "../merge-signature.ts";
import type { ColumnFacts } from "./column-facts.ts";

export interface MatchedInput {
  /** In slipway.yaml. */
  readonly name: string;
  /** Null: the sample has no such column. */
  readonly column: ColumnFacts | null;
  /** Of the file; for a column of a matrix, that of the matrix. */
  readonly datatype: InputSpec["datatype"];
}

/** What the columns of a sample are for a model. */
export interface Match {
  readonly inputs: readonly MatchedInput[];
  /** The matrix whose columns the inputs are. */
  readonly matrix: InputSpec | null;
  /** The names come from the order of the data and nothing else. */
  readonly byOrder: boolean;
  readonly label: ColumnFacts | null;
  readonly key: ColumnFacts | null;
  /** Columns that bear the name of an output. */
  readonly outputs: readonly ColumnFacts[];
  /** All that are no inputs, in their order. */
  readonly others: readonly ColumnFacts[];
  /** What was guessed or could not be, as sentences. */
  readonly remarks: readonly string[];
}

const keyName = /(?:^|[_\s.-])(?:id|key|uuid|guid)$|^(?:id|key|uuid|guid|index|rowid|unnamed: 0|column0|column00)$/i;
const labelName = /^(?:labels?|targets?|y|class|classes|outcome|response|species|churn(?:ed)?|default(?:ed)?|fraud)$/i;

/** Matches by name, or, for the columns of a matrix, by the order of the data. `signature` is the file's. */
export function matchColumns(signature: Signature, columns: readonly ColumnFacts[]): Match {
  const outputs = columns.filter(({ name }) => signature.outputs.some((output) => output.name === name));
  const free = columns.filter((column) => !outputs.includes(column));
  const matrix = signature.packed === null ? findMatrix(signature) : null;
  const named = matrix === null || free.some(({ name }) => name === matrix.name);
  const found = named ? byName(signature, free) : byOrder(matrix, free);
  const used = new Set(found.inputs.map((input) => input.column));
  const others = columns.filter((column) => !used.has(column));
  const rest = others.filter((column) => !outputs.includes(column));
  const key = rest.find(isKey) ?? rest.find(({ unique, kind }) => unique && kind === "text") ?? null;
  return { ...found, label: findLabel(rest.filter((column) => column !== key)), key, outputs, others };
}

type Found = Pick<Match, "inputs" | "matrix" | "byOrder" | "remarks">;

function byName(signature: Signature, columns: readonly ColumnFacts[]): Found {
  const remarks: string[] = [];
  const inputs = signature.inputs.map(({ name, datatype }) => {
    const alike = columns.filter((column) => toComparable(column.name) === toComparable(name));
    const column = columns.find((each) => each.name === name) ?? (alike.length === 1 ? alike[0]! : null);
    if (column !== null && column.name !== name)
      remarks.push(
        `The data calls the input ${quote(name)} ${quote(column.name)}: callers have to call it ${quote(name)}.`,
      );
    if (column === null && columns.length > 0) remarks.push(`The data has no column for the input ${quote(name)}.`);
    return { name, column, datatype };
  });
  return { inputs, matrix: null, byOrder: false, remarks };
}

/** `Sepal length` is `sepal_length`. */
function toComparable(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_");
}

/** So many columns of numbers as the matrix has, in the order of the data. */
function byOrder(matrix: InputSpec, columns: readonly ColumnFacts[]): Found {
  const width = matrix.shape[1]!;
  const numeric = columns.filter(({ kind }) => kind === "number" || kind === "integer" || kind === "boolean");
  const remarks: string[] = [];
  const kept = [...numeric];
  const leaveOut = (column: ColumnFacts | undefined, why: string) => {
    if (column === undefined || (width !== -1 && kept.length <= width)) return;
    kept.splice(kept.indexOf(column), 1);
    remarks.push(`The column ${quote(column.name)} was left out: ${why}.`);
  };
  leaveOut(kept.find(isKey), "it looks like a key");
  leaveOut(
    kept.findLast(({ name }) => labelName.test(name)),
    "it looks like the label",
  );
  if (kept.length === width + 1) leaveOut(kept.at(-1), "one column was too many, and labels mostly come last");
  if (columns.length === 0) return { inputs: [], matrix, byOrder: true, remarks };
  if ((width !== -1 && kept.length !== width) || kept.length === 0) {
    const wanted = `The file takes a matrix ${quote(matrix.name)} of ${width === -1 ? "any number of" : width} columns`;
    remarks.push(
      `${wanted}, and the data has ${numeric.length} columns of numbers: name them by hand, in their order.`,
    );
    return { inputs: [], matrix, byOrder: true, remarks };
  }
  const taken = new Set<string>();
  const inputs = kept.map((column, i) => ({
    name: toColumnName(column.name, i, taken),
    column,
    datatype: matrix.datatype,
  }));
  for (const { name, column } of inputs)
    if (name !== column.name)
      remarks.push(
        `The column ${quote(column.name)} is called ${quote(name)}: a name cannot be empty, a bare number or very long.`,
      );
  return { inputs, matrix, byOrder: true, remarks };
}

/** JSON moves bare numbers to the front, so the place of the column would be lost. */
function toColumnName(name: string, index: number, taken: Set<string>): string {
  let usable = name === "" || /^\d+$/.test(name) || name.length > 200 ? `column_${index}` : name;
  while (taken.has(usable)) usable += "_";
  taken.add(usable);
  return usable;
}

function isKey({ name, unique, kind }: ColumnFacts): boolean {
  return unique && (kind === "text" || kind === "integer") && keyName.test(name);
}

/** By its name, else the last column of few values. */
function findLabel(columns: readonly ColumnFacts[]): ColumnFacts | null {
  const simple = columns.filter(({ kind }) => kind !== "other" && kind !== "empty");
  const known = simple.findLast(({ name }) => labelName.test(name));
  if (known) return known;
  const last = simple.at(-1);
  return last !== undefined &&
    last.values !== null &&
    last.values.length >= 2 &&
    last.values.length <= 100 &&
    !last.unique
    ? last
    : null;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
