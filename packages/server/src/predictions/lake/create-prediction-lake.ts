import { SlipwayError } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import { compareOffsets, type Offset } from "@slipway/runtime/log";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import type { Lake } from "../../platform/lake/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { LakeColumns } from "./columns.ts";
import type { CompactInput, CompactQuestion, CompactResult } from "./compact-task.ts";
import { type LakeFile, type LakeFileFilter, noSignature } from "./lake-file.ts";
import { createLakeFiles } from "./lake-files.ts";
import { chooseMerges } from "./merge.ts";
import type { MergeInput } from "./merge-task.ts";
import type { LakeChange, LakeWriter, PredictionLake } from "./prediction-lake.ts";
import { createQueries } from "./queries.ts";
import { toColumns } from "./to-columns.ts";

export interface PredictionLakeDeps {
  /** Of the lake. */
  readonly folder: string;
  /** Of the prediction log. */
  readonly logFolder: string;
  /** Where answers of queries are made. */
  readonly tempFolder: string;
  readonly sql: Sql;
  /** Children for queries of users. */
  readonly reader: Lake;
  /** A child of its own: queries never wait for compaction, nor it for them. */
  readonly writer: Lake;
  readonly maintenance: Maintenance;
  /** Behind what this instance has written. */
  readonly position: () => Offset;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In the transaction that lists files which compaction made: SQL and nothing else, it may be run again. */
  readonly onCompacted?: LakeChange["within"];
  /** 0: only when somebody asks. */
  readonly intervalMs: number;
  /** Bytes of the log that one task takes in; what it has done counts when it ends. 256 MiB. */
  readonly budgetBytes?: number;
  /** Called before each step that a crash may fall between, in the child as well: for tests. */
  readonly onStep?: (step: string) => Promise<void>;
}

/** The lake's own name among the readers of the log. */
export const lakeConsumer = "lake";
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const compactModule = new URL(`./compact-task${extension}`, import.meta.url);
const mergeModule = new URL(`./merge-task${extension}`, import.meta.url);

/** Removes what a crash has left and starts the timer. */
export async function createPredictionLake(deps: PredictionLakeDeps): Promise<PredictionLake> {
  const { folder, maintenance, logger } = deps;
  const onStep = deps.onStep ?? (() => Promise.resolve());
  const files = createLakeFiles({ ...deps, onStep });
  const alone = createTurn();
  const hooks: { readonly name: string; readonly hook: (writer: LakeWriter) => Promise<void> }[] = [];
  const stats = { rows: 0, files: 0, damaged: 0, merged: 0 };
  const columnsOf = createColumnCache(deps.findSignature);
  let flushed: Offset | null = null;
  await files.cleanUp();

  const writer: LakeWriter = {
    tempPath: files.tempPath,
    run: (task, options) => deps.writer.run(task, options),
    replaceFiles: files.change,
    listFiles: (filter) => files.store.listFiles(filter),
  };

  async function answer(question: unknown): Promise<LakeColumns | null> {
    const asked = question as CompactQuestion;
    if ("version" in asked) return columnsOf(asked.version.model, asked.version.version);
    await onStep(asked.step);
    return null;
  }

  /** One stretch of the log; false when that was all. */
  async function compact(): Promise<boolean> {
    const after = await files.store.listOffsets(lakeConsumer);
    const input: CompactInput = {
      folder: deps.logFolder,
      after,
      budgetBytes: deps.budgetBytes ?? 256 * 2 ** 20,
      temp: files.tempPath(),
      steps: deps.onStep !== undefined,
    };
    const result = await writer.run<CompactResult>({ module: compactModule, input }, { onAsk: answer });
    const known = new Map(after.map((offset) => [offset.instance, offset]));
    const offsets = result.offsets.filter((offset) => {
      const before = known.get(offset.instance);
      return before === undefined || compareOffsets(before, offset) !== 0;
    });
    if (offsets.length > 0 || result.files.length > 0)
      await writer.replaceFiles({
        add: result.files,
        offsets: { consumer: lakeConsumer, offsets },
        ...(deps.onCompacted === undefined ? {} : { within: deps.onCompacted }),
      });
    stats.rows += result.files.reduce((sum, file) => sum + file.rows, 0);
    stats.files += result.files.length;
    if (result.damaged > 0) {
      stats.damaged += result.damaged;
      logger.warn({ records: result.damaged }, "damaged records of the prediction log are not in the lake");
    }
    return result.more;
  }

  async function flushNow(): Promise<void> {
    await alone(async () => {
      const position = deps.position();
      if (flushed === null || compareOffsets(flushed, position) !== 0) {
        while (await compact());
        flushed = position;
      }
      for (const { hook } of hooks) await hook(writer);
    });
  }

  const flush = createShared(flushNow);

  async function mergeGroup(group: readonly LakeFile[]): Promise<void> {
    const first = group[0] as LakeFile;
    const tempPath = writer.tempPath();
    const input: MergeInput = { paths: group.map(({ path }) => join(folder, path)), tempPath };
    await onStep("merge");
    const { bytes, rows } = await writer.run<{ bytes: number; rows: number }>({ module: mergeModule, input });
    if (rows !== group.reduce((sum, file) => sum + file.rows, 0))
      throw new SlipwayError("internal", "Joined files of the lake do not have the rows of their parts.");
    const minAt = Math.min(...group.map((file) => file.minAt));
    const maxAt = Math.max(...group.map((file) => file.maxAt));
    const { kind, endpoint, signature, day } = first;
    const add = [{ kind, endpoint, signature, day, rows, bytes, minAt, maxAt, tempPath }];
    await writer.replaceFiles({ add, remove: group.map(({ id }) => id) });
    stats.merged += group.length;
  }

  async function merge(): Promise<number> {
    if (chooseMerges(await files.store.listFiles({ kind: "predictions" })).length === 0) return 0;
    return maintenance.exclusive("lake", () =>
      alone(async () => {
        const groups = chooseMerges(await files.store.listFiles({ kind: "predictions" }));
        for (const group of groups) await mergeGroup(group);
        return groups.flat().length;
      }),
    );
  }

  const stopTimer = startTimer(deps, async () => {
    await flush();
    await merge();
  });
  const withFiles = <T>(filter: LakeFileFilter, fn: (found: readonly LakeFile[]) => Promise<T>) =>
    files.inUse.during(async () => fn(await files.store.listFiles(filter)));

  return {
    folder,
    flush,
    onFlush: (name, hook) => void hooks.push({ name, hook }),
    exclusive: (fn) => alone(() => fn(writer)),
    listFiles: (filter) => files.store.listFiles(filter),
    withFiles,
    read: (task, options) => deps.reader.run(task, options),
    query: createQueries({ folder, tempFolder: deps.tempFolder, reader: deps.reader, flush, withFiles }),
    async offsets() {
      const offsets = await files.store.listOffsets(lakeConsumer);
      return new Map(offsets.map((offset) => [offset.instance, offset]));
    },
    merge,
    stats: () => ({ ...stats }),
    async close() {
      stopTimer();
      await Promise.all([deps.reader.close(), deps.writer.close()]);
    },
  };
}

/** One after the other. */
function createTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Callers at the same time share a run that began after all of them asked. */
function createShared(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = () => {
    running = work().finally(() => (running = null));
    return running;
  };
  return () => {
    if (running === null) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return start();
      });
    return next;
  };
}

function createColumnCache(find: PredictionLakeDeps["findSignature"]) {
  const known = new Map<string, LakeColumns>();
  return async (model: string, version: number): Promise<LakeColumns | null> => {
    const key = `${model}@${version}`;
    const columns = known.get(key);
    if (columns !== undefined) return columns;
    const signature = await find(model, version);
    if (signature === null) return null;
    const made = toColumns(signature);
    if (made.signature === noSignature) return null;
    known.set(key, made);
    return made;
  };
}

function startTimer({ clock, intervalMs, logger }: PredictionLakeDeps, work: () => Promise<void>): () => void {
  if (intervalMs <= 0) return () => {};
  let isRunning = false;
  return clock.every(intervalMs, () => {
    if (isRunning) return;
    isRunning = true;
    work()
      .catch((error: unknown) => {
        if (!SlipwayError.is(error) || error.code !== "shutting_down")
          logger.warn({ error }, "the prediction log could not be brought into the lake; it is tried again");
      })
      .finally(() => (isRunning = false));
  });
}
