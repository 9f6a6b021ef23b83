import type { Column } from "../performance/scored-rows.ts";

/** Rows of a reference as columns, by their names in the lake; all have as many rows. */
export interface ReferenceRows {
  readonly n: number;
  readonly columns: ReadonlyMap<string, Column>;
  /** Milliseconds; null: they have no times. NaN: this one has none. */
  readonly times: Float64Array | null;
  /** What came true; null: nobody knows of any row. */
  readonly truth: readonly (string | null)[] | null;
}

/** Some of them, in this order. */
export function takeReferenceRows(rows: ReferenceRows, chosen: readonly number[]): ReferenceRows {
  const take = (column: Column): Column =>
    column instanceof Float64Array
      ? Float64Array.from(chosen, (i) => column[i]!)
      : chosen.map((i) => column[i] ?? null);
  const { times, truth } = rows;
  return {
    n: chosen.length,
    columns: new Map([...rows.columns].map(([name, column]) => [name, take(column)])),
    times: times && Float64Array.from(chosen, (i) => times[i]!),
    truth: truth && chosen.map((i) => truth[i] ?? null),
  };
}

/** At most `most` places of `n`, spread evenly, so that every time of the reference has its share. */
export function spreadEvenly(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}
