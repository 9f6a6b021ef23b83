import * as duckdb from "@duckdb/node-api";
import { mkdirSync, rmSync } from "node:fs";
import type { ColumnChunk, ColumnSpec, ColumnType } from "./column-buffer.ts";
import type { DuckDbLimits } from "./lake-messages.ts";
import { shortestFloat, toLakeValue } from "./lake-value.ts";
import { fillChunk } from "./vectors.ts";

/** What DuckDB refused or could not do; the message is its own. */
export class DuckDbError extends Error {
  override readonly name = "DuckDbError";
}

export interface NamedType {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

/** `select` is everything that only reads, DESCRIBE and SUMMARIZE too. `kind` says something where it is one statement. */
export interface StatementKind {
  readonly statements: number;
  readonly kind: "select" | "explain" | "other";
  /** Placeholders such as `$1`. */
  readonly parameters: number;
}

/** A stream of a result: values are JSON-safe (`toLakeValue`). */
export interface LakeRows {
  readonly columns: readonly NamedType[];
  readonly chunks: AsyncIterable<unknown[][]>;
}

/** An empty DuckDB in memory: one connection, no extension is installed or loaded. Every call throws DuckDbError. */
export interface LakeDb {
  /** A folder for files of this task alone, gone after it. DuckDB spills into it. */
  readonly folder: string;
  /** Runs statements; `values` stand for `$1`, `$2`, ... */
  exec(sql: string, values?: readonly duckdb.DuckDBValue[]): Promise<number>;
  rows(sql: string, values?: readonly duckdb.DuckDBValue[]): Promise<Record<string, unknown>[]>;
  stream(sql: string): Promise<LakeRows>;
  /** Names and types of a query's result, without running it. */
  describe(sql: string): Promise<NamedType[]>;
  /** Parses and binds without running. */
  statementKind(sql: string): Promise<StatementKind>;
  /**
   * A table function `name()` whose rows come from `next`, chunk by chunk, until it gives null. It must be called in one
   * statement at a time. What `next` throws fails the statement.
   */
  feed(name: string, columns: readonly ColumnSpec[], next: () => ColumnChunk | null): void;
  /** From now on no file but these (and those in `folder`) can be read, nothing else be reached, no setting changed. */
  lock(paths: readonly string[]): Promise<void>;
  close(): void;
}

export async function openLakeDb({ memoryBytes, threads, folder }: DuckDbLimits): Promise<LakeDb> {
  mkdirSync(folder, { recursive: true });
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${Math.floor(memoryBytes / 2 ** 20)}MiB`,
    temp_directory: folder,
    max_temp_directory_size: "8GiB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const toColumns = (result: duckdb.DuckDBResult): NamedType[] =>
    result.deduplicatedColumnNames().map((name, i) => ({ name, type: String(result.columnType(i)) }));

  return {
    folder,
    exec: (sql, values) => guarded(async () => (await connection.run(sql, values && [...values])).rowsChanged),
    rows: (sql, values) =>
      guarded(async () => {
        const result = await connection.run(sql, values && [...values]);
        const names = result.deduplicatedColumnNames();
        const rows = await result.getRows();
        return rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], toLakeValue(value)])));
      }),
    stream: (sql) =>
      guarded(async () => {
        const result = await connection.stream(sql);
        return { columns: toColumns(result), chunks: toChunks(result) };
      }),
    describe: (sql) =>
      guarded(async () => {
        const prepared = await connection.prepare(sql);
        const columns = Array.from({ length: prepared.columnCount }, (_, i) => ({
          name: prepared.columnName(i),
          type: String(prepared.columnType(i)),
        }));
        prepared.destroySync();
        return columns;
      }),
    statementKind: (sql) => guarded(() => findKind(connection, sql)),
    feed: (name, columns, next) => connection.registerTableFunction(toTableFunction(name, columns, next)),
    lock: (paths) => guarded(() => lock(connection, paths)),
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findKind(connection: duckdb.DuckDBConnection, sql: string): Promise<StatementKind> {
  const extracted = await connection.extractStatements(sql).catch((error: Error) => {
    // A text of comments only has no message of its own.
    if (/native callback/.test(error.message)) return null;
    throw error;
  });
  if (extracted?.count !== 1) return { statements: extracted?.count ?? 0, kind: "other", parameters: 0 };
  const prepared = await extracted.prepare(0);
  const { statementType, parameterCount } = prepared;
  prepared.destroySync();
  const { SELECT, EXPLAIN } = duckdb.StatementType;
  const kind = statementType === SELECT ? "select" : statementType === EXPLAIN ? "explain" : "other";
  return { statements: 1, kind, parameters: parameterCount };
}

async function lock(connection: duckdb.DuckDBConnection, paths: readonly string[]): Promise<void> {
  const list = paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(", ");
  await connection.run(`SET allowed_paths = [${list}]`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

async function* toChunks(result: duckdb.DuckDBResult): AsyncGenerator<unknown[][]> {
  const isFloat = result.columnTypes().map(({ typeId }) => typeId === duckdb.DuckDBTypeId.FLOAT);
  const toValue = (value: duckdb.DuckDBValue, i: number) =>
    toLakeValue(isFloat[i] === true && typeof value === "number" ? shortestFloat(value) : value);
  for (;;) {
    const chunk = await guarded(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows().map((row) => row.map(toValue));
  }
}

const types: Readonly<Record<ColumnType, duckdb.DuckDBType>> = {
  BOOLEAN: duckdb.BOOLEAN,
  TINYINT: duckdb.TINYINT,
  SMALLINT: duckdb.SMALLINT,
  INTEGER: duckdb.INTEGER,
  BIGINT: duckdb.BIGINT,
  UTINYINT: duckdb.UTINYINT,
  USMALLINT: duckdb.USMALLINT,
  UINTEGER: duckdb.UINTEGER,
  UBIGINT: duckdb.UBIGINT,
  FLOAT: duckdb.FLOAT,
  DOUBLE: duckdb.DOUBLE,
  TIMESTAMP: duckdb.TIMESTAMP,
  UUID: duckdb.UUID,
  VARCHAR: duckdb.VARCHAR,
};

function toTableFunction(
  name: string,
  columns: readonly ColumnSpec[],
  next: () => ColumnChunk | null,
): duckdb.DuckDBTableFunction {
  return duckdb.DuckDBTableFunction.create({
    name,
    bindFunction: (info) => {
      for (const { name: column, type, list } of columns)
        info.addResultColumn(column, list ? duckdb.LIST(types[type]) : types[type]);
    },
    initFunction: (info) => info.setMaxThreads(1),
    mainFunction: (info, output) => {
      try {
        const chunk = next();
        if (chunk === null) output.rowCount = 0;
        else fillChunk(output, chunk);
      } catch (error) {
        output.rowCount = 0;
        info.setError(error instanceof Error ? error.message : String(error));
      }
    },
  });
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DuckDbError(error instanceof Error ? error.message : String(error));
  }
}
