import { SlipwayError } from "@slipway/contract/errors";
import { isObject } from "../json-body.ts";

/** Empty cells that a table may have beside those that came. */
const mostEmpty = 1_000_000;

/** Throws `too_large` where a table has far more cells than values: a small body must not become a large one. */
export function requireDense({ rows, columns, values }: { rows: number; columns: number; values: number }): void {
  if (rows * columns <= values + mostEmpty) return;
  const why = `${rows} rows of ${columns} columns have ${values} values; more than ${mostEmpty} are missing`;
  throw new SlipwayError("too_large", `${why}. Send fewer rows, or rows of the same columns.`);
}

/**
 * The columns of records, undefined where a record lacks one. `wrong` makes the error for one that is no object.
 * Throws `too_large`.
 */
export function recordsToColumns(
  records: readonly unknown[],
  wrong: (record: unknown, row: number) => SlipwayError,
): Map<string, unknown[]> {
  const columns = new Map<string, unknown[]>();
  let values = 0;
  const names = new Set<string>();
  for (const [row, record] of records.entries()) {
    if (!isObject(record)) throw wrong(record, row);
    for (const name of Object.keys(record)) {
      values++;
      names.add(name);
    }
  }
  requireDense({ rows: records.length, columns: names.size, values });
  for (const name of names) columns.set(name, new Array<unknown>(records.length).fill(undefined));
  for (const [row, record] of (records as readonly Readonly<Record<string, unknown>>[]).entries())
    for (const name of Object.keys(record)) columns.get(name)![row] = record[name];
  return columns;
}
