import { absentCode, absentNumber, type ColumnBatch } from "../column-batch.ts";
import type { LaneSetting } from "./messages.ts";
import { createTextCodes, type TextCodes } from "./text-codes.ts";

/** Rows of one version that were read and are not in profiles yet, as columns. */
export interface LaneColumns extends ColumnBatch {
  /** Those of the plan first, then those that only slices look at. */
  readonly names: readonly string[];
  readonly numbers: readonly (Float64Array | null)[];
  readonly codes: readonly (Int32Array | null)[];
  readonly dictionaries: readonly (TextCodes | null)[];
  readonly texts: readonly (readonly string[] | null)[];
  /** Places of those that are read from the named fields of a request. */
  readonly fields: readonly number[];
}

/** Rows that are gathered before they go into profiles. */
export const batchRows = 4096;

export function createLaneColumns({ plan, slices, layout }: LaneSetting): LaneColumns {
  const kinds = new Map(plan.columns.map(({ name, kind }) => [name, kind]));
  const known = new Set(layout.columns.map(({ name }) => name));
  for (const { column, match } of slices)
    if (!kinds.has(column)) kinds.set(column, "values" in match ? "category" : "number");
  const all = [...kinds];
  const dictionaries = all.map(([, kind]) => (kind === "category" ? createTextCodes() : null));
  const fields = all.flatMap(([name], place) => {
    const role = plan.columns[place]?.role;
    return role === "field" || (role === undefined && !known.has(name)) ? [place] : [];
  });
  return {
    names: all.map(([name]) => name),
    numbers: all.map(([, kind]) => (kind === "number" ? new Float64Array(batchRows) : null)),
    codes: all.map(([, kind]) => (kind === "category" ? new Int32Array(batchRows) : null)),
    dictionaries,
    texts: dictionaries.map((dictionary) => dictionary?.texts ?? null),
    fields,
  };
}

/** Says of some rows that they do not have a column. */
export function setAbsent(columns: LaneColumns, place: number, { base, count }: { base: number; count: number }): void {
  columns.numbers[place]?.fill(absentNumber, base, base + count);
  columns.codes[place]?.fill(absentCode, base, base + count);
}
