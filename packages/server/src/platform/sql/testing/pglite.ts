import { SlipwayError } from "@slipway/contract";
import { PGlite, types } from "@electric-sql/pglite";
import { CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { DatabaseConnection, Dialect, Driver, QueryResult } from "kysely";
import { Mutex } from "../mutex.ts";
import { postgresErrorKind, SqlError } from "../sql-error.ts";
import { toSqlValues, type SqlValue } from "../sql-value.ts";
import type { Sql } from "../sql.ts";
import { bindTasks, checkTaskValues, loadTask, numberPlaceholders, type TaskCall, type TaskDb } from "../task.ts";
import { Transactions } from "../transactions.ts";

let shared: Promise<PGlite> | null = null;

/**
 * PostgreSQL's own code in this process, for the store suites. It takes a second to start, so the processes of a test
 * file share one: each call empties it, and only the last one opened may be used.
 */
export async function openPglite(): Promise<Sql> {
  shared ??= PGlite.create({ parsers: { [types.INT8]: parseInt8 } });
  const database = await shared;
  await database.exec("drop schema public cascade; create schema public");
  return createPgliteSql(database, new Transactions());
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`Value is too large to be represented as a number: ${text}`);
  return value;
}

function createPgliteSql(database: PGlite, transactions: Transactions): Sql {
  const mutex = new Mutex();
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => new PgliteDriver(database, mutex, transactions),
  };
  async function runTask(call: TaskCall): Promise<unknown> {
    const task = await loadTask(call);
    return sql.tx(async (trx) => {
      const run = (text: string, values: readonly SqlValue[] = []) => {
        checkTaskValues(values, text);
        return trx.executeQuery<unknown>(CompiledQuery.raw(numberPlaceholders(text), values.map(toText)));
      };
      const db: TaskDb = {
        dialect: "postgres",
        rows: async <Row>(text: string, values?: readonly SqlValue[]) => (await run(text, values)).rows as Row[],
        change: async (text, values) => Number((await run(text, values)).numAffectedRows ?? 0n),
      };
      return task(db, structuredClone(call.input));
    });
  }
  const sql: Sql = {
    dialect: "postgres",
    db: new Kysely({ dialect }),
    as: () => sql,
    tx: (fn) => transactions.run(sql.db, fn),
    tasks: (module) => bindTasks({ read: runTask, write: runTask }, module),
    snapshot: async () => {
      throw new SlipwayError("unimplemented", "PostgreSQL is backed up with its own tools, such as pg_dump.");
    },
    close: async () => (await mutex.acquire())(),
  };
  return sql;
}

class PgliteConnection implements DatabaseConnection {
  readonly #database: PGlite;
  readonly release: () => void;

  constructor(database: PGlite, release: () => void) {
    this.#database = database;
    this.release = release;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const values = toSqlValues(query.parameters, query.sql);
    try {
      const { rows, affectedRows } = await this.#database.query<R>(query.sql, values);
      return query.query.kind === "SelectQueryNode"
        ? { rows }
        : { rows, numAffectedRows: BigInt(rows.length || (affectedRows ?? 0)) };
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      throw new SqlError(postgresErrorKind(code), message, query.sql);
    }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("Streams of rows are not supported; read in pages by key.");
  }
}

/** Whole doubles beyond 2^53 go as text, which the type of the column decides upon. */
function toText(value: SqlValue): SqlValue {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value;
}

/** One connection: whoever has it, has it alone. */
class PgliteDriver implements Driver {
  readonly #database: PGlite;
  readonly #mutex: Mutex;
  readonly #transactions: Transactions;

  constructor(database: PGlite, mutex: Mutex, transactions: Transactions) {
    this.#database = database;
    this.#mutex = mutex;
    this.#transactions = transactions;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PgliteConnection> {
    this.#transactions.assertOutside();
    return new PgliteConnection(this.#database, await this.#mutex.acquire());
  }

  async beginTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin"));
  }

  async commitTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(connection: PgliteConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {}
}
