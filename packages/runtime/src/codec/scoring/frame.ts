import { SlipwayError } from "@slipway/contract/errors";
import type { Columns } from "../columns/columns.ts";
import { recordsToColumns, requireDense } from "../columns/records-to-columns.ts";
import { describe, quote } from "../elements.ts";
import { isObject } from "../json-body.ts";

/** The data of a request by column. */
export interface Frame {
  readonly columns: Columns;
  /** A table of pandas, whose values stand row by row; else tensors. */
  readonly frame: boolean;
}

/** `{columns?, index?, data: [[...], ...]}`. Throws `invalid_request`. */
export function splitToFrame(given: unknown): Frame {
  if (!isObject(given)) throw wrong("split", `must be an object, got ${describe(given)}`);
  const stray = Object.keys(given).filter((key) => key !== "columns" && key !== "index" && key !== "data");
  if (stray.length > 0 || given["data"] === undefined) {
    const got = Object.keys(given).slice(0, 10).map(quote).join(", ");
    throw wrong("split", `must have "data" and may have "columns" and "index", got ${got || "none of them"}`);
  }
  const { data, columns, index } = given;
  if (!Array.isArray(data)) throw wrong("split", `must have a list of rows as "data", got ${describe(data)}`);
  if (index !== undefined && index !== null && (!Array.isArray(index) || index.length !== data.length))
    throw wrong("split", `must have one entry of "index" a row`);
  if (columns === undefined || columns === null) return rowsToFrame(data, null);
  if (!Array.isArray(columns)) throw wrong("split", `must have a list of names as "columns", got ${describe(columns)}`);
  return rowsToFrame(data, columns.map(String));
}

function rowsToFrame(rows: readonly unknown[], names: readonly string[] | null): Frame {
  const lists = rows.map((row, r): readonly unknown[] => {
    if (Array.isArray(row)) return row;
    if (isObject(row) && names !== null) return names.map((name) => row[name] ?? null);
    if (isObject(row)) throw wrong("split", `must have lists as rows, row ${r} is an object`);
    return [row];
  });
  const width = lists.reduce((most, row) => Math.max(most, row.length), 0);
  if (names !== null && lists.length > 0 && width !== names.length)
    throw wrong("split", `names ${names.length} columns, its rows have ${width} values`);
  const values = lists.reduce((sum, row) => sum + row.length, 0);
  requireDense({ rows: lists.length, columns: width, values });
  const columns = new Map<string, unknown[]>();
  const used = names ?? Array.from({ length: width }, (_, c) => String(c));
  for (const [c, name] of used.entries()) {
    if (columns.has(name))
      throw new SlipwayError("invalid_input", `The column ${quote(name)} is there twice; send it once.`, {
        input: name,
      });
    columns.set(
      name,
      lists.map((row) => row[c] ?? null),
    );
  }
  return { columns, frame: true };
}

const none: ReadonlySet<string> = new Set();

/** `[{column: value, ...}, ...]`; a value that a record lacks is null, and refused in a `complete` column. Throws `invalid_request`. */
export function recordsToFrame(given: unknown, complete = none): Frame {
  if (!Array.isArray(given)) throw wrong("records", `must be a list of records, got ${describe(given)}`);
  if (!given.some(isObject)) return rowsToFrame(given, null);
  const columns = recordsToColumns(given, (record, row) =>
    wrong("records", `must be a list of objects, record ${row} is ${describe(record)}`),
  );
  for (const [name, column] of columns) {
    const lacking = column.indexOf(undefined);
    if (lacking < 0) continue;
    if (complete.has(name))
      throw new SlipwayError("invalid_request", `Record ${lacking} lacks ${quote(name)}, which others have.`);
    columns.set(
      name,
      column.map((value) => value ?? null),
    );
  }
  return { columns, frame: true };
}

function wrong(format: "split" | "records", why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The frame in ${format} format ${why}.`);
}
