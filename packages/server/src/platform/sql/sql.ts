import type { Kysely, Transaction } from "kysely";
import type { SqlDialect } from "./dialect.ts";
import type { SqlTasks } from "./task.ts";

/**
 * The SQL port. One text of queries serves SQLite and PostgreSQL: ids are made by the application, times are BIGINT
 * milliseconds, JSON is TEXT, booleans are INTEGER 0 or 1. A number read or written is a safe integer or a finite
 * double; anything else is an error, never a silent change.
 */
// The tables belong to the capabilities; each narrows with `as<Tables>()`.
// oxlint-disable-next-line typescript/no-explicit-any
export interface Sql<Tables = any> {
  readonly dialect: SqlDialect;
  /** For single statements outside a transaction. Refused inside `tx`, where it would wait for itself. */
  readonly db: Kysely<Tables>;
  /** The same database with the tables of one capability. */
  as<Others>(): Sql<Others>;
  /**
   * Runs `fn` in one transaction and commits when it resolves. It may be run again where the database was busy or the
   * transaction did not serialise, so `fn` does nothing but SQL; events are emitted after `tx` has resolved.
   * @throws SlipwayError `conflict` where the database stayed busy
   */
  tx<T>(fn: (trx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /**
   * The tasks of a module (`import type * as tasks`, then `sql.tasks<typeof tasks>(url)`), which is loaded where the database
   * is when the first of them is called. Outside `tx` only, where they would wait for themselves.
   */
  tasks<M>(module: URL): SqlTasks<M>;
  /**
   * Writes all that is committed now into a new SQLite file; others go on reading and writing meanwhile.
   * @throws SlipwayError `unimplemented` where the database is no SQLite
   */
  snapshot(file: string): Promise<void>;
  /** Waits for what runs; later calls fail with `shutting_down`. */
  close(): Promise<void>;
}
