import { DuckDBInstance, StatementType } from "@duckdb/node-api";
import { SlipwayError } from "@slipway/contract/errors";
import { toText, type TextRows } from "./text-rows.ts";

const pieceRows = 10_000;

/** A database of its own on the file, which is only read and from which nothing else can be reached. */
export async function* readDuckDb(path: string, query: string): AsyncGenerator<TextRows> {
  const instance = await DuckDBInstance.create(path, { access_mode: "READ_ONLY", threads: "1" });
  const connection = await instance.connect();
  try {
    await connection.run("set timezone = 'UTC'").catch(() => undefined);
    await connection.run("set enable_external_access = false");
    await connection.run("set lock_configuration = true");
    const statements = await connection.extractStatements(query);
    if (statements.count !== 1) throw new SlipwayError("invalid_query", "Give one SELECT, and nothing beside it.");
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT)
      throw new SlipwayError("invalid_query", "Only a SELECT can be run on a source.");
    const result = await statement.stream();
    const columns = result.columnNames();
    let rows: (readonly (string | null)[])[] = [];
    for await (const piece of result.yieldRows()) {
      for (const row of piece) rows.push(row.map(toText));
      if (rows.length < pieceRows) continue;
      yield { columns, rows };
      rows = [];
    }
    yield { columns, rows };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
