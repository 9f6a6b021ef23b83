import { constants, DatabaseSync } from "node:sqlite";

/** Rows of a query in pieces, in the order of `columns`. Values are as SQLite has them; integers are bigints. */
export interface SqliteRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Reads another's SQLite file with one statement, which can change nothing and reach no other file. Blocks its thread: for child
 * processes only. @throws Error of SQLite
 */
export function* readSqlite(path: string, query: string, pieceRows = 10_000): Generator<SqliteRows> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const reads: readonly number[] = [
      constants.SQLITE_SELECT,
      constants.SQLITE_READ,
      constants.SQLITE_FUNCTION,
      constants.SQLITE_RECURSIVE,
    ];
    database.setAuthorizer((action) => (reads.includes(action) ? constants.SQLITE_OK : constants.SQLITE_DENY));
    const statement = database.prepare(query);
    // SQLite compiles the first statement and silently leaves the rest.
    if (query.slice(statement.sourceSQL.length).trim() !== "") throw new Error("only one statement is run");
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const columns = statement.columns().map((column) => column.name);
    let rows: (readonly unknown[])[] = [];
    for (const row of statement.iterate()) {
      rows.push(row as unknown as readonly unknown[]);
      if (rows.length < pieceRows) continue;
      yield { columns, rows };
      rows = [];
    }
    yield { columns, rows };
  } finally {
    database.close();
  }
}
