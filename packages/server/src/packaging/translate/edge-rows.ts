import { createData, type Signature, type Tensor } from "@slipway/runtime";
import { edgeValues, isMissing, isRisky, type EdgeValue, type ModelHints } from "./edge-values.ts";

/** A made-up row: a recorded one with another value in one column. */
export interface EdgeRow {
  /** Its place among all rows. */
  readonly row: number;
  /** Of the signature. */
  readonly column: number;
  readonly kind: EdgeValue["kind"];
}

export interface AllRows {
  /** The inputs of the signature, recorded rows first, then one for each edge, then mixed ones. */
  readonly columns: readonly Tensor[];
  readonly edges: readonly EdgeRow[];
}

const mostEdges = 4000;
const mixedRows = 600;
const bases = 2;

/** Recorded rows with made-up ones behind them. */
export function addEdges(signature: Signature, recorded: readonly Tensor[], hints: ModelHints): AllRows {
  const rows = recorded[0]!.data.length;
  const each = Math.max(6, Math.floor(mostEdges / (bases * recorded.length)));
  const values = recorded.map((column, i) => edgeValues(signature.inputs[i]!, column, hints).slice(0, each));
  const whole = findWhole(recorded, rows);
  const edges: EdgeRow[] = [];
  const made = recorded.map((column) => [...(column.data as Iterable<unknown>)]);
  const copy = (from: number) => made.forEach((column) => column.push(column[from]));
  const random = createRandom();
  for (const [column, list] of values.entries())
    for (const { value, kind } of list)
      // What may be refused is put where nothing else is; what a tree decides about, into rows that lead to different places.
      for (const base of kind === "plain" ? [random(rows), random(rows)] : whole) {
        edges.push({ row: made[0]!.length, column, kind });
        copy(base);
        made[column]![made[column]!.length - 1] = value;
      }
  const mild = values.map((list) => list.filter((value) => !isRisky(value)));
  addMixed(made, mild, { rows, random });
  return { columns: recorded.map((column, i) => toTensor(column, made[i]!)), edges };
}

/** Two rows without a missing value, where there are any. */
function findWhole(recorded: readonly Tensor[], rows: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows && found.length < bases; row++)
    if (recorded.every(({ data }) => !isMissing(data[row]))) found.push(row);
  return found.length > 0 ? found : [0];
}

/** Columns of different rows, and edges among them: what no row that was recorded brings together. */
function addMixed(
  made: unknown[][],
  mild: readonly (readonly EdgeValue[])[],
  { rows, random }: { readonly rows: number; readonly random: (below: number) => number },
): void {
  for (let i = 0; i < mixedRows; i++)
    for (const [column, list] of made.entries()) {
      const edges = mild[column]!;
      const takesEdge = edges.length > 0 && random(4) === 0;
      list.push(takesEdge ? edges[random(edges.length)]!.value : list[random(rows)]);
    }
}

/** The same numbers each time, so that a proof can be repeated: D. Lehmer's generator modulo 2^31 - 1. */
function createRandom(): (below: number) => number {
  let state = 42;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function toTensor({ name, datatype, shape }: Tensor, values: readonly unknown[]): Tensor {
  const data = createData(datatype, values.length) as unknown[];
  for (let i = 0; i < values.length; i++) data[i] = values[i];
  const rows = values.length;
  return { name, datatype, shape: shape.length === 2 ? [rows, 1] : [rows], data: data as Tensor["data"] & unknown[] };
}
