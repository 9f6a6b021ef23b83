/** The thread that owns one SQLite connection: answers one statement, or the tasks of a message, in order. */
import { constants, setPriority } from "node:os";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SqlValue } from "./sql-value.ts";
import { createSqliteTasks, type Sendable } from "./sqlite-tasks.ts";
import { packError } from "./task-error.ts";
import type { StatementResult, WorkerAnswer, WorkerOptions, WorkerRequest } from "./sqlite-messages.ts";

interface Prepared {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
}

const maxPrepared = 256;
const port = parentPort!;
const options = workerData as WorkerOptions;
if (options.background === true && process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);
const prepared = new Map<string, Prepared>();
const database = open();
const tasks = createSqliteTasks(database, execute);
let turn = Promise.resolve();

port.on("message", (request: WorkerRequest) => {
  if ("close" in request) {
    prepared.clear();
    database.close();
    port.postMessage({ id: request.id, result: { rows: [], changes: 0 } } satisfies WorkerAnswer);
    port.close();
    return;
  }
  if ("sql" in request) port.postMessage(answer(request.id, request.sql, request.parameters));
  else if ("read" in request)
    inTurn(
      request.id,
      () => tasks.read(request.read),
      (output) => ({ output }),
    );
  else
    inTurn(
      request.id,
      () => tasks.writeAll(request.write),
      (outcomes) => ({ outcomes }),
    );
});

/** A task awaits, if only what is there already: the next one must not begin in between. */
function inTurn<T>(id: number, run: () => Promise<Sendable<T>>, wrap: (value: T) => object): void {
  turn = turn.then(run).then(
    ({ value, transfer }) => port.postMessage({ id, ...wrap(value) }, transfer),
    (error: unknown) => port.postMessage({ id, failure: packError(error) } satisfies WorkerAnswer),
  );
}

function open(): DatabaseSync {
  const opened = new DatabaseSync(options.path, {
    readOnly: options.readOnly,
    enableForeignKeyConstraints: true,
    timeout: options.busyTimeoutMs,
  });
  if (!options.readOnly) {
    useWal(opened);
    opened.exec("pragma synchronous = full");
    // Folding the log into the file syncs both. Eight times as rarely as SQLite does it by itself, the log has 32 MB at most.
    opened.exec("pragma wal_autocheckpoint = 8000");
    // What is deleted is written over, so that an erase leaves nothing in free pages.
    opened.exec("pragma secure_delete = on");
    // Pages as they were before a statement, which SQLite keeps for an undo: a file of them is two writes a page and statement.
    opened.exec("pragma temp_store = memory");
  }
  return opened;
}

/** SQLite does not wait for other processes where it changes the journal, so this does. */
function useWal(opened: DatabaseSync): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += 10) {
    try {
      opened.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      const isBusy = ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
      if (!isBusy || waitedMs >= options.busyTimeoutMs) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}

function answer(id: number, sql: string, parameters: readonly SqlValue[]): WorkerAnswer {
  try {
    return { id, result: execute(sql, parameters) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { id, error: { message, errcode } };
  }
}

function execute(sql: string, parameters: readonly SqlValue[]): StatementResult {
  const { statement, hasRows } = prepare(sql);
  const values = parameters.map(toBound);
  if (!hasRows) return { rows: [], changes: Number(statement.run(...values).changes) };
  const rows = statement.all(...values);
  return { rows, changes: rows.length };
}

/** node:sqlite binds every number as a double; whole ones must be integers, as PostgreSQL has them. */
function toBound(value: SqlValue): SqlValue | bigint {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value as number) : value;
}

function prepare(sql: string): Prepared {
  const known = prepared.get(sql);
  if (known) {
    prepared.delete(sql);
    prepared.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  // SQLite compiles the first statement and silently leaves the rest.
  if (sql.slice(statement.sourceSQL.length).trim() !== "") throw new Error("only one statement at a time is run");
  const fresh = { statement, hasRows: statement.columns().length > 0 };
  prepared.set(sql, fresh);
  if (prepared.size > maxPrepared) prepared.delete(prepared.keys().next().value!);
  return fresh;
}
