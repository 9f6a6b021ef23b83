import { SlipwayError } from "@slipway/contract";
import type { Kysely } from "kysely";
import { systemClock } from "../../kernel/clock.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { SqlDialect } from "./dialect.ts";
import type { Sql } from "./sql.ts";

/** One step of a schema. It is never changed once released; a later one is added. */
export interface Migration {
  /** Unique in the whole server and stable: `registry-001`. */
  readonly id: string;
  // A migration sees the tables as they were in its day, not as the types say now.
  // oxlint-disable-next-line typescript/no-explicit-any
  up(db: Kysely<any>, dialect: SqlDialect): Promise<void>;
}

interface MigrationTables {
  slipway_migrations: { id: string; applied_at: number };
}

/**
 * Brings the database to the end of the list: steps that it has not seen run in the given order, each in a transaction
 * with the note that it ran. Give it the steps of all capabilities in one call.
 * @returns the ids that ran now
 * @throws SlipwayError `data_folder_newer` where the database has seen a step that is not in the list
 */
export async function migrate(
  sql: Sql,
  migrations: readonly Migration[],
  clock: Clock = systemClock,
): Promise<readonly string[]> {
  const { db, tx } = sql.as<MigrationTables>();
  const known = new Set(migrations.map((migration) => migration.id));
  if (known.size < migrations.length) throw new Error("Two migrations have the same id.");
  await db.schema
    .createTable("slipway_migrations")
    .ifNotExists()
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("applied_at", "bigint", (column) => column.notNull())
    .execute();
  const seen = new Set((await db.selectFrom("slipway_migrations").select("id").execute()).map((row) => row.id));
  const unknown = [...seen].filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new SlipwayError(
      "data_folder_newer",
      `The database was written by a newer Slipway: it has ${unknown.join(", ")}, which this one does not know. ` +
        "Run the newer Slipway, or restore a backup that this one wrote.",
      { unknown },
    );
  const applied: string[] = [];
  for (const migration of migrations) {
    if (seen.has(migration.id)) continue;
    await tx(async (trx) => {
      await migration.up(trx, sql.dialect);
      await trx.insertInto("slipway_migrations").values({ id: migration.id, applied_at: clock.now() }).execute();
    });
    applied.push(migration.id);
  }
  return applied;
}
