import { SlipwayError } from "@slipway/contract/errors";
import { readSqlite } from "../../sql/read-sqlite.ts";
import { readDuckDb } from "./read-duckdb.ts";
import { readPostgres } from "./read-postgres.ts";
import type { Source } from "./source.ts";
import { toText, type TextRows } from "./text-rows.ts";

/**
 * Runs one SELECT on a source, which is only read. At least one piece comes, so that the columns are known. For child processes.
 * @throws SlipwayError `invalid_query` with what the database said, without its address
 */
export async function* readSource(source: Source, query: string): AsyncGenerator<TextRows> {
  try {
    if (source.kind === "postgres") yield* readPostgres(source.url, query);
    else if (source.kind === "duckdb") yield* readDuckDb(source.path, query);
    else
      for (const { columns, rows } of readSqlite(source.path, query))
        yield { columns, rows: rows.map((row) => row.map(toText)) };
  } catch (error) {
    if (SlipwayError.is(error)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new SlipwayError("invalid_query", `The source could not be queried: ${hideAddress(text, source)}`);
  }
}

/** A driver may quote what it was told to connect to. */
function hideAddress(text: string, source: Source): string {
  if (source.kind !== "postgres") return text;
  const { password } = new URL(source.url);
  const secrets = [source.url, password, decodeURIComponent(password)].filter((secret) => secret !== "");
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "…"), text);
}
