/** Runs tasks on the connection of a SQLite thread. */
import type { DatabaseSync } from "node:sqlite";
import { SqlError, sqliteErrorKind } from "./sql-error.ts";
import type { SqlValue } from "./sql-value.ts";
import type { StatementResult } from "./sqlite-messages.ts";
import { checkTaskValues, loadTask, type SqlTask, type TaskCall, type TaskDb } from "./task.ts";
import { packError } from "./task-error.ts";
import type { TaskOutcome } from "./write-queue.ts";

type Execute = (sql: string, values: readonly SqlValue[]) => StatementResult;

const none: readonly SqlValue[] = [];

function createTaskDb(execute: Execute): TaskDb {
  function run(text: string, values: readonly SqlValue[]): StatementResult {
    checkTaskValues(values, text);
    try {
      return execute(text, values);
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number };
      throw new SqlError(sqliteErrorKind(errcode), message, text);
    }
  }
  return {
    dialect: "sqlite",
    rows: <Row>(text: string, values = none) => run(text, values).rows as readonly Row[],
    change: (text, values = none) => run(text, values).changes,
  };
}

/** What a task is sent back with; its bytes move instead of being copied. */
export interface Sendable<T> {
  readonly value: T;
  readonly transfer: ArrayBuffer[];
}

export function createSqliteTasks(database: DatabaseSync, execute: Execute) {
  const db = createTaskDb(execute);
  const loaded = new Map<string, SqlTask<unknown, unknown>>();

  async function load(call: TaskCall): Promise<SqlTask<unknown, unknown>> {
    const key = `${call.module}#${call.name}`;
    const known = loaded.get(key);
    if (known) return known;
    const task = await loadTask(call);
    loaded.set(key, task);
    return task;
  }

  async function write(task: SqlTask<unknown, unknown>, { input }: TaskCall): Promise<TaskOutcome> {
    execute("savepoint task", none);
    try {
      const output = await task(db, input);
      execute("release task", none);
      return { output };
    } catch (error) {
      // A full disk makes SQLite roll the whole transaction back by itself.
      if (!database.isTransaction) throw error;
      execute("rollback to task", none);
      execute("release task", none);
      return { error: packError(error) };
    }
  }

  return {
    /** In one snapshot. */
    async read(call: TaskCall): Promise<Sendable<unknown>> {
      const task = await load(call);
      execute("begin", none);
      try {
        const output = await task(db, call.input);
        return { value: output, transfer: toTransfer([output]) };
      } finally {
        execute("commit", none);
      }
    },

    /** In one transaction, which is committed when this resolves; one that fails is undone and leaves the others. */
    async writeAll(calls: readonly TaskCall[]): Promise<Sendable<readonly TaskOutcome[]>> {
      const tasks: SqlTask<unknown, unknown>[] = [];
      for (const call of calls) tasks.push(await load(call));
      execute("begin immediate", none);
      try {
        const outcomes: TaskOutcome[] = [];
        for (const [index, call] of calls.entries()) outcomes.push(await write(tasks[index]!, call));
        execute("commit", none);
        return { value: outcomes, transfer: toTransfer(outcomes.map((each) => "output" in each && each.output)) };
      } catch (error) {
        if (database.isTransaction) execute("rollback", none);
        throw error;
      }
    },
  };
}

/** Bytes that have a buffer of their own; those of a pool stay where others still need it. */
function toTransfer(outputs: readonly unknown[]): ArrayBuffer[] {
  return outputs
    .filter((output): output is Uint8Array<ArrayBuffer> => output instanceof Uint8Array)
    .filter(({ buffer, byteLength }) => buffer.byteLength === byteLength)
    .map(({ buffer }) => buffer);
}
