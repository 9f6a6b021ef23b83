import { SqlError } from "./sql-error.ts";
import type { SqlDialect } from "./dialect.ts";
import type { SqlValue } from "./sql-value.ts";

/**
 * The database as a task sees it: inside one transaction, and without a thread between the two. `?` stands for a value, on
 * PostgreSQL too, so no text may have one in a literal. Values are safe integers, finite doubles, text, bytes, null.
 */
export interface TaskDb {
  readonly dialect: SqlDialect;
  /** A SELECT, or a change with RETURNING. */
  rows<Row>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]> | readonly Row[];
  /** @returns how many rows it touched */
  change(text: string, values?: readonly SqlValue[]): Promise<number> | number;
}

/**
 * Many statements, or one with a big answer, that run where the database is: no step of it waits for the event loop, and what
 * it renders to a Uint8Array is handed over without a copy. It awaits nothing but `db`, and may be run again with the same
 * input, so ids and times are part of that. Input and output can be cloned between threads.
 */
export type SqlTask<In, Out> = (db: TaskDb, input: In) => Promise<Out> | Out;

type AnyTask = SqlTask<never, unknown>;
/** The functions of a task module by their names; its other exports are no tasks. */
type TasksOf<M> = { [K in keyof M as M[K] extends AnyTask ? K : never]: M[K] };
type InputOf<T> = T extends SqlTask<infer In, unknown> ? In : never;
type OutputOf<T> = T extends (...input: never[]) => infer Out ? Awaited<Out> : never;

/** The tasks of one module. Errors are those of the task: a SlipwayError keeps its code and its details. */
export interface SqlTasks<M> {
  /** In a snapshot, beside all others, at a low priority. */
  read<K extends keyof TasksOf<M> & string>(name: K, input: InputOf<TasksOf<M>[K]>): Promise<OutputOf<TasksOf<M>[K]>>;
  /** Each takes effect whole or not at all. Those that come together share one commit; none is answered before it. */
  write<K extends keyof TasksOf<M> & string>(name: K, input: InputOf<TasksOf<M>[K]>): Promise<OutputOf<TasksOf<M>[K]>>;
}

/** What runs the tasks of any module: one for each kind of database. */
export interface TaskRunner {
  read(call: TaskCall): Promise<unknown>;
  write(call: TaskCall): Promise<unknown>;
}

/** One call of a task, as it is sent to a thread. */
export interface TaskCall {
  /** URL of the module. */
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

export function bindTasks<M>(runner: TaskRunner, module: URL): SqlTasks<M> {
  const call = (name: string, input: unknown): TaskCall => ({ module: module.href, name, input });
  const bound = {
    read: (name: string, input: unknown) => runner.read(call(name, input)),
    write: (name: string, input: unknown) => runner.write(call(name, input)),
  };
  return bound as SqlTasks<M>;
}

/** @throws Error where the module has no such task */
export async function loadTask({ module, name }: TaskCall): Promise<SqlTask<unknown, unknown>> {
  const task = ((await import(module)) as Readonly<Record<string, unknown>>)[name];
  if (typeof task === "function") return task as SqlTask<unknown, unknown>;
  throw new Error(`${module} has no task ${name}.`);
}

/** PostgreSQL's placeholders for ours. */
export function numberPlaceholders(text: string): string {
  let index = 0;
  return text.replaceAll("?", () => `$${++index}`);
}

/** @throws SqlError for NaN and infinities, which SQLite would store as NULL */
export function checkTaskValues(values: readonly SqlValue[], text: string): void {
  for (const value of values)
    if (typeof value === "number" && !Number.isFinite(value))
      throw new SqlError("other", `${value} cannot be stored`, text);
}
