import { CompiledQuery, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { DatabaseConnection, Dialect, Driver, QueryResult } from "kysely";
import { Mutex } from "./mutex.ts";
import type { Sql } from "./sql.ts";
import { toSqlValues } from "./sql-value.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { bindTasks, type TaskCall, type TaskRunner } from "./task.ts";
import { Transactions } from "./transactions.ts";
import { WriteQueue } from "./write-queue.ts";

export interface SqliteOptions {
  /** A file (made when it is not there; its folder must be), or ":memory:". */
  readonly path: string;
  /** At most so many threads for SELECTs outside transactions. 2 unless given; none for ":memory:". */
  readonly readers?: number;
  /** How long a statement waits for another process that writes. 5 s unless given. */
  readonly busyTimeoutMs?: number;
  /** Another process made the database and writes to it; here every write fails. */
  readonly readOnly?: boolean;
}

/**
 * SQLite in worker threads: one writer, several readers, WAL, `synchronous=FULL`. What was answered as committed
 * survives kill -9 and a power cut, and is seen by every read that starts after the answer.
 */
export async function openSqlite(options: SqliteOptions): Promise<Sql> {
  const { path, busyTimeoutMs = 5000, readOnly = false } = options;
  const writer = new SqliteThread({ path, readOnly, busyTimeoutMs });
  // The file and its WAL mode must exist before a reader opens it.
  await writer.run("select 1", []);
  const threads = new SqliteThreads(writer, {
    maxReaders: path === ":memory:" ? 0 : (options.readers ?? 2),
    startReader: () => new SqliteThread({ path, readOnly: true, busyTimeoutMs }),
    startTaskReader: () => new SqliteThread({ path, readOnly: true, busyTimeoutMs, background: true }),
    startCopier: () => new SqliteThread({ path, readOnly: true, busyTimeoutMs, background: true }),
  });
  return createSqliteSql(threads, new Transactions());
}

function createSqliteSql(threads: SqliteThreads, transactions: Transactions): Sql {
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: () => new SqliteDriver(threads, transactions),
  };
  const sql: Sql = {
    dialect: "sqlite",
    db: new Kysely({ dialect }),
    as: () => sql,
    tx: (fn) => transactions.run(sql.db, fn),
    tasks: (module) => bindTasks(threads, module),
    snapshot: (file) => threads.snapshot(file),
    close: () => threads.close(),
  };
  return sql;
}

interface Readers {
  /** 0 for a database in memory, which only the writer's connection sees. */
  readonly maxReaders: number;
  startReader(): SqliteThread;
  startTaskReader(): SqliteThread;
  startCopier(): SqliteThread;
}

/** A thread costs some 10 MB, so a reader starts when a read would have to wait for the first time. */
class SqliteThreads implements TaskRunner {
  readonly writer: SqliteThread;
  readonly mutex = new Mutex();
  readonly #options: Readers;
  readonly #writes: WriteQueue;
  #readers: SqliteThread[] = [];
  /** Apart from the readers: a search of seconds must not hold up the look-up of a token. */
  #taskReaders: SqliteThread[] = [];
  #turn = 0;
  #isClosing = false;

  constructor(writer: SqliteThread, options: Readers) {
    this.writer = writer;
    this.#options = options;
    this.#writes = new WriteQueue({ run: (calls) => writer.write(calls), acquire: () => this.mutex.acquire() });
  }

  /** Null where the writer reads as well. */
  reader(): SqliteThread | null {
    if (this.#options.maxReaders === 0) return null;
    if (this.#readers.length === 0 && this.mutex.isFree) return null;
    this.#readers = this.#withoutGone(this.#readers);
    return this.#choose(this.#readers, () => this.#options.startReader());
  }

  async read(call: TaskCall): Promise<unknown> {
    if (this.#options.maxReaders > 0) {
      this.#taskReaders = this.#withoutGone(this.#taskReaders);
      return this.#choose(this.#taskReaders, () => this.#options.startTaskReader()).read(call);
    }
    const release = await this.mutex.acquire();
    return this.writer.read(call).finally(release);
  }

  write(call: TaskCall): Promise<unknown> {
    return this.#writes.push(call);
  }

  #withoutGone(threads: SqliteThread[]): SqliteThread[] {
    return this.#isClosing ? threads : threads.filter((thread) => !thread.isGone);
  }

  /** One that has nothing to do, or a new one, or the next. */
  #choose(threads: SqliteThread[], start: () => SqliteThread): SqliteThread {
    const idle = threads.find((thread) => !thread.isBusy);
    if (idle) return idle;
    if (threads.length < this.#options.maxReaders && !this.#isClosing) {
      const started = start();
      threads.push(started);
      return started;
    }
    return threads[this.#turn++ % threads.length]!;
  }

  /** On a connection of its own: in WAL mode a long read keeps no writer waiting. */
  async snapshot(file: string): Promise<void> {
    if (this.#options.maxReaders === 0) {
      const release = await this.mutex.acquire();
      await this.writer.run("vacuum into ?", [file]).finally(release);
      return;
    }
    const copier = this.#options.startCopier();
    try {
      await copier.run("vacuum into ?", [file]);
    } finally {
      await copier.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const release = await this.mutex.acquire();
    await Promise.all([...this.#readers, ...this.#taskReaders].map((reader) => reader.close()));
    // The last connection to close folds the WAL into the file, so this is the writer.
    await this.writer.close();
    release();
  }
}

/** Threads are chosen by the statement, so a connection is nothing until a transaction begins on it. */
class SqliteConnection implements DatabaseConnection {
  readonly #threads: SqliteThreads;
  /** Set while a transaction of this connection holds the writer. */
  release: (() => void) | null = null;

  constructor(threads: SqliteThreads) {
    this.#threads = threads;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const values = toSqlValues(query.parameters, query.sql);
    const isSelect = query.query.kind === "SelectQueryNode" || /^\s*select\b/i.test(query.sql);
    const { rows, changes } = await this.#run(query.sql, values, isSelect);
    return isSelect ? { rows: rows as R[] } : { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  async #run(sql: string, values: ReturnType<typeof toSqlValues>, isSelect: boolean) {
    const { writer, mutex } = this.#threads;
    if (this.release) return writer.run(sql, values);
    const reader = isSelect ? this.#threads.reader() : null;
    if (reader) return reader.run(sql, values);
    const release = await mutex.acquire();
    try {
      return await writer.run(sql, values);
    } finally {
      release();
    }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("Streams of rows are not supported; read in pages by key.");
  }
}

class SqliteDriver implements Driver {
  readonly #threads: SqliteThreads;
  readonly #transactions: Transactions;

  constructor(threads: SqliteThreads, transactions: Transactions) {
    this.#threads = threads;
    this.#transactions = transactions;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    this.#transactions.assertOutside();
    return new SqliteConnection(this.#threads);
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.release = await this.#threads.mutex.acquire();
    // Takes the write lock at once: a read that turns into a write later could not wait for another process.
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    // A full disk makes SQLite roll back by itself.
    await connection.executeQuery(CompiledQuery.raw("rollback")).catch((error: Error) => {
      if (!error.message.includes("no transaction is active")) throw error;
    });
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    connection.release?.();
    connection.release = null;
  }

  async destroy(): Promise<void> {
    await this.#threads.close();
  }
}
