import { SlipwayError } from "@slipway/contract/errors";
import type { LakeDb } from "./lake-db.ts";

/** @throws SlipwayError `invalid_query` for what is not one statement that reads, or has placeholders */
export async function requireSelect(db: LakeDb, sql: string): Promise<void> {
  const { statements, kind, parameters } = await db.statementKind(sql);
  if (statements !== 1)
    throw new SlipwayError(
      "invalid_query",
      statements === 0
        ? "There is no statement. Send one SELECT over predictions and labels."
        : `There are ${statements} statements (a PIVOT without named columns counts as two). Send one SELECT.`,
    );
  if (kind !== "select")
    throw new SlipwayError(
      "invalid_query",
      "Only a statement that reads is run here: SELECT, WITH ... SELECT, FROM, DESCRIBE or SUMMARIZE.",
    );
  if (parameters > 0)
    throw new SlipwayError("invalid_query", "Placeholders such as $1 have no value here; write the values.");
}

/** A statement that passed, as a table. One that parses alone cannot end the parenthesis; a comment at its end ends with the line. */
export function toTableSql(sql: string): string {
  return `(${sql.replace(/[\s;]+$/, "")}\n)`;
}
