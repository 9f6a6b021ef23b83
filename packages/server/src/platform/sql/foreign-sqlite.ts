import { existsSync } from "node:fs";
import { constants, DatabaseSync, type StatementSync } from "node:sqlite";
import { SlipwayError } from "@slipway/contract";
import type { SqlValue } from "./sql-value.ts";

/**
 * Somebody else's SQLite file, read while they go on writing it. Each query reads a moment of its own and holds no lock when it
 * has ended. Blocks its thread: for the command line.
 */
export interface ForeignSqlite {
  /** Tables with the names of their columns. */
  readonly tables: ReadonlyMap<string, ReadonlySet<string>>;
  rows(text: string, values?: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[];
  /** Hands over row by row, as lists of values: for long answers. */
  each(text: string, values: readonly SqlValue[], take: (row: readonly unknown[]) => void): void;
  close(): void;
}

/** @throws SlipwayError `invalid_file` */
export function openForeignSqlite(path: string): ForeignSqlite {
  if (!existsSync(path)) throw new SlipwayError("invalid_file", `There is no file ${path}.`, { path });
  const database = open(path);
  const statements = new Map<string, StatementSync>();
  const rows: ForeignSqlite["rows"] = (text, values = []) => {
    const statement = statements.get(text) ?? database.prepare(text);
    statements.set(text, statement);
    return statement.all(...values);
  };
  const each: ForeignSqlite["each"] = (text, values, take) => {
    const statement = database.prepare(text);
    statement.setReturnArrays(true);
    for (const row of statement.iterate(...values)) take(row as unknown as readonly unknown[]);
  };
  return { tables: readTables(path, database), rows, each, close: () => database.close() };
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 30_000 });
  const reads: readonly number[] = [
    constants.SQLITE_SELECT,
    constants.SQLITE_READ,
    constants.SQLITE_FUNCTION,
    constants.SQLITE_RECURSIVE,
    constants.SQLITE_PRAGMA,
  ];
  database.setAuthorizer((action) => (reads.includes(action) ? constants.SQLITE_OK : constants.SQLITE_DENY));
  return database;
}

function readTables(path: string, database: DatabaseSync): ReadonlyMap<string, ReadonlySet<string>> {
  try {
    const found = database
      .prepare(
        "select m.name as name, c.name as column_name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'",
      )
      .all() as unknown as readonly { name: string; column_name: string }[];
    const tables = new Map<string, Set<string>>();
    for (const { name, column_name } of found) tables.set(name, (tables.get(name) ?? new Set()).add(column_name));
    return tables;
  } catch (error) {
    database.close();
    throw new SlipwayError(
      "invalid_file",
      `${path} cannot be read as a SQLite database: ${(error as Error).message}.`,
      {
        path,
      },
    );
  }
}
