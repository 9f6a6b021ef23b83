import type { Offset } from "@slipway/runtime/log";
import type { LakeRunOptions, LakeTask } from "../../platform/lake/index.ts";
import type { Transaction } from "../../platform/sql/index.ts";
import type { LakeFile, LakeFileFilter, WrittenFile } from "./lake-file.ts";
import type { LakeQuery, QueryResult } from "./query.ts";
import type { LakeTables } from "./store.ts";

/** What was removed and what was added, in one transaction. */
export interface LakeChange {
  /** Ids; their files are deleted when nobody uses them any more. */
  readonly remove?: readonly string[];
  /** Written under `tempPath` and fsynced. They are renamed to their place before the transaction. */
  readonly add?: readonly WrittenFile[];
  /** Offsets that the result stands for; `consumer` names whose. */
  readonly offsets?: { readonly consumer: string; readonly offsets: readonly Offset[] };
  /** More SQL of the same transaction: nothing else, it may be run again. `files`: those that are added. */
  readonly within?: (trx: Transaction<LakeTables>, files: readonly LakeFile[]) => Promise<void>;
}

/** What only the holder of the lake may do: `exclusive` and the flush hooks give it. */
export interface LakeWriter {
  /** An absolute path in the lake's `tmp`, for a file that a task writes. */
  tempPath(): string;
  /** Runs a task in the writing child: see `LakeTask`. Files that it writes it also fsyncs (`writeParquet`). */
  run<T>(task: LakeTask, options?: LakeRunOptions): Promise<T>;
  /** @returns the files that were added @throws SlipwayError `conflict` where a file to remove is not listed any more */
  replaceFiles(change: LakeChange): Promise<readonly LakeFile[]>;
  listFiles(filter?: LakeFileFilter): Promise<readonly LakeFile[]>;
}

/** Which rows a task sees: of one endpoint, and where times are given (milliseconds) of these alone. */
export interface ViewsOf {
  readonly endpoint: string;
  readonly since?: number | null;
  readonly until?: number | null;
}

export interface PredictionLake {
  /** Absolute: paths of files are below it. */
  readonly folder: string;
  /**
   * Brings the lake up to everything on record now: first what the log holds, then the hooks. Calls at the same time share
   * a flush that begins after them.
   */
  flush(): Promise<void>;
  /** Called in every flush, after the log, while the flush holds the lake: labels that wait in SQL. In the order of registration. */
  onFlush(name: string, hook: (writer: LakeWriter) => Promise<void>): void;
  /**
   * Nobody else changes the files of the lake while `fn` runs; flushes wait. Who also takes a turn of the data folder's
   * maintenance takes that one first.
   */
  exclusive<T>(fn: (writer: LakeWriter) => Promise<T>): Promise<T>;
  listFiles(filter?: LakeFileFilter): Promise<readonly LakeFile[]>;
  /** The files of a filter stay on the disk until `fn` has ended, also where they are replaced meanwhile. */
  withFiles<T>(filter: LakeFileFilter, fn: (files: readonly LakeFile[]) => Promise<T>): Promise<T>;
  /** Runs a task in a reading child, whose files `withFiles` holds. See `openViews` for tasks that read predictions. */
  read<T>(task: LakeTask, options?: LakeRunOptions): Promise<T>;
  /**
   * Runs a task in a reading child over what is in the lake now, as with `read`: its `db` has the views `predictions`, `labels`
   * and `label_events` of the endpoint, and it gets a `ViewsContext`. A label by key is matched within the times asked for.
   */
  readViews<T>(views: ViewsOf, task: LakeTask, options?: LakeRunOptions): Promise<T>;
  /**
   * One SELECT over the views `predictions` and `labels` of an endpoint. The result is a file, which the caller reads and removes.
   * @throws SlipwayError `invalid_query`, `deadline_exceeded`, `cancelled`
   */
  query(query: LakeQuery): Promise<QueryResult>;
  /** How far the log is in the lake, by instance: a segment that is not wholly behind it must stay. */
  offsets(): Promise<ReadonlyMap<string, Offset>>;
  /** Joins small files of a day; takes its turn of the maintenance. @returns files that went */
  merge(): Promise<number>;
  /** Since the start. */
  stats(): LakeStats;
  /** Stops the timer and the children. What was not flushed is flushed after the next start. */
  close(): Promise<void>;
}

export interface LakeStats {
  readonly rows: number;
  readonly files: number;
  /** Records that could not be read and were passed over. */
  readonly damaged: number;
  readonly merged: number;
}
