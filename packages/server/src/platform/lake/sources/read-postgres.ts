import pg from "pg";
import type { TextRows } from "./text-rows.ts";

const pieceRows = 10_000;
const connectMs = 15_000;
const statementMs = 600_000;
/** The type of booleans, which PostgreSQL writes as t and f. */
const boolType = 16;

/** Through a cursor in a transaction that can only read. Values come as PostgreSQL writes them. */
export async function* readPostgres(url: string, query: string): AsyncGenerator<TextRows> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    application_name: "slipway",
    types: { getTypeParser: () => (text: string) => text },
  });
  // A connection that breaks shows by the query that it breaks.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("begin read only");
    await client.query("set local timezone to 'UTC'");
    await client.query("set local datestyle to 'ISO'");
    await client.query(`set local statement_timeout to ${statementMs}`);
    // In brackets it can only be one query; the line break ends a comment at its end.
    await client.query(`declare labels no scroll cursor for select * from (${query}\n) as query`);
    for (;;) {
      const piece = await client.query<(string | null)[]>({ text: `fetch ${pieceRows} from labels`, rowMode: "array" });
      const isBool = piece.fields.map((field) => field.dataTypeID === boolType);
      const toText = (value: string | null, column: number) =>
        isBool[column] === true && value !== null ? String(value === "t") : value;
      yield { columns: piece.fields.map((field) => field.name), rows: piece.rows.map((row) => row.map(toText)) };
      if (piece.rows.length < pieceRows) return;
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}
