import { readFileSync } from "node:fs";
import type { PairLine, Pairs, Value } from "./pairs.ts";

export interface Failure {
  readonly side: "a" | "b";
  readonly name: string;
  readonly message: string;
}

/** What a comparison collected, put together. */
export interface ReadPairs {
  /** Rows that both answered. */
  readonly pairs: Pairs;
  /** Rows that one of them did not answer. */
  readonly failed: { readonly a: number; readonly b: number };
  /** At most three a side. */
  readonly failures: readonly Failure[];
  /** Of requests that both answered. */
  readonly ms: { readonly a: readonly number[]; readonly b: readonly number[] };
}

const mostFailures = 3;

/** Reads what `PairFile` wrote. For a process of its own: it holds all rows. */
export function readPairs(path: string): ReadPairs {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as PairLine);
  const columns = { inputs: new Columns(), a: new Columns(), b: new Columns() };
  const names: string[] = [];
  const truth: (string | null)[] = [];
  const failed = { a: 0, b: 0 };
  const failures: Failure[] = [];
  const ms = { a: [] as number[], b: [] as number[] };
  for (const line of lines) {
    const { a, b } = line;
    for (const side of ["a", "b"] as const) {
      const answer = line[side];
      if (!("failure" in answer)) continue;
      failed[side] += line.names.length;
      const told = failures.filter((each) => each.side === side).length;
      if (told < mostFailures) failures.push({ side, name: line.names[0] ?? "", message: answer.failure });
    }
    if ("failure" in a || "failure" in b) continue;
    columns.inputs.add(line.inputs, names.length, line.names.length);
    columns.a.add(a.columns, names.length, line.names.length);
    columns.b.add(b.columns, names.length, line.names.length);
    ms.a.push(a.ms);
    ms.b.push(b.ms);
    for (const [row, name] of line.names.entries()) {
      names.push(name);
      truth.push(line.truth?.[row] ?? null);
    }
  }
  const pairs = { n: names.length, names, truth };
  return {
    pairs: { ...pairs, inputs: columns.inputs.all, a: columns.a.all, b: columns.b.all },
    failed,
    failures,
    ms,
  };
}

/** Columns that some lines do not have: their rows are null there. */
class Columns {
  readonly all = new Map<string, Value[]>();

  add(columns: Readonly<Record<string, readonly Value[]>>, before: number, rows: number): void {
    for (const [name, values] of Object.entries(columns)) {
      const known = this.all.get(name) ?? [];
      this.all.set(name, known);
      while (known.length < before) known.push(null);
      for (let row = 0; row < rows; row++) known.push(values[row] ?? null);
    }
  }
}
