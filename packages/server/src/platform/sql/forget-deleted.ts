import { sql as raw } from "kysely";
import type { Sql } from "./sql.ts";

/**
 * Takes what was deleted or changed out of the write-ahead log, too. The pages of the database itself never keep deleted rows
 * (`secure_delete`). Does what it can: where a reader is in the way, the log is written over a little later.
 */
export async function forgetDeleted({ db, dialect }: Sql): Promise<void> {
  if (dialect === "sqlite") await raw`pragma wal_checkpoint(truncate)`.execute(db);
}
