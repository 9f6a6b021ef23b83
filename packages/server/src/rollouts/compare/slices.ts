import { quantileOfSorted, toSortedNumbers } from "@slipway/statistics";
import type { Pairs, Value } from "./pairs.ts";

/** A named part of the rows. */
export interface SliceRows {
  /** `origin = ATL`, `hour 6 to 11`. */
  readonly name: string;
  readonly rows: readonly number[];
}

const mostValues = 20;
/** Numbers with more different values than these are cut at their quartiles. */
const mostNumbers = 12;

/** Slices of these columns with at least so many rows; a number with many values has four. Null: every column of texts and booleans. */
export function listSlices(pairs: Pairs, columns: readonly string[] | null, minRows: number): SliceRows[] {
  const names = columns ?? [...pairs.inputs].filter(([, values]) => isCategory(values)).map(([name]) => name);
  return names.flatMap((name) => slicesOf(name, pairs.inputs.get(name) ?? [], minRows));
}

function isCategory(values: readonly Value[]): boolean {
  return values.some((value) => typeof value === "string" || typeof value === "boolean");
}

function slicesOf(name: string, values: readonly Value[], minRows: number): SliceRows[] {
  const groups = new Map<string, number[]>();
  const isNumber = values.some((value) => typeof value === "number");
  const nameOf = isNumber ? createBins(values) : String;
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    const group = nameOf(value);
    const rows = groups.get(group);
    if (rows) rows.push(row);
    else groups.set(group, [row]);
  }
  return [...groups]
    .filter(([, rows]) => rows.length >= minRows)
    .toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .slice(0, mostValues)
    .map(([group, rows]) => ({
      name: isNumber && group.includes(" to ") ? `${name} ${group}` : `${name} = ${group}`,
      rows,
    }));
}

function createBins(values: readonly Value[]): (value: Value) => string {
  const numbers = values.filter((value) => typeof value === "number");
  if (new Set(numbers).size <= mostNumbers) return String;
  const sorted = toSortedNumbers(numbers);
  const edges = [0, 0.25, 0.5, 0.75, 1].map((q) => quantileOfSorted(sorted, q));
  const text = (edge: number) => String(Number(edge.toPrecision(4)));
  return (value) => {
    let bin = 0;
    while (bin < 3 && Number(value) >= edges[bin + 1]!) bin++;
    return `${text(edges[bin]!)} to ${text(edges[bin + 1]!)}`;
  };
}

/** The pairs of these rows alone. */
export function takePairs(pairs: Pairs, rows: readonly number[]): Pairs {
  const take = (columns: Pairs["a"]) =>
    new Map([...columns].map(([name, values]) => [name, rows.map((row) => values[row] ?? null)]));
  return {
    n: rows.length,
    names: rows.map((row) => pairs.names[row] ?? ""),
    inputs: take(pairs.inputs),
    a: take(pairs.a),
    b: take(pairs.b),
    truth: rows.map((row) => pairs.truth[row] ?? null),
  };
}
