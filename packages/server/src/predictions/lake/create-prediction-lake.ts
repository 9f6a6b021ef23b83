import { SlipwayError } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import type { Offset } from "@slipway/runtime/log";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import { createShared } from "../../kernel/shared-run.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import type { Lake } from "../../platform/lake/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { createCompaction, lakeConsumer } from "./compaction.ts";
import type { LakeFile, LakeFileFilter } from "./lake-file.ts";
import { createLakeFiles } from "./lake-files.ts";
import { chooseMerges } from "./merge.ts";
import { createMerger } from "./merger.ts";
import type { LakeChange, LakeWriter, PredictionLake } from "./prediction-lake.ts";
import { createQueries, toViewFiles } from "./queries.ts";
import type { ViewsInput } from "./views-task.ts";

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
  /** Behind what each process of this server has written. */
  readonly growing: () => Promise<readonly Offset[]>;
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

const viewsTask = new URL(`./views-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Removes what a crash has left and starts the timer. */
export async function createPredictionLake(deps: PredictionLakeDeps): Promise<PredictionLake> {
  const { folder, maintenance } = deps;
  const onStep = deps.onStep ?? (() => Promise.resolve());
  const files = createLakeFiles({ ...deps, onStep, isWatched: deps.onStep !== undefined });
  const alone = createTurn();
  const hooks: { readonly name: string; readonly hook: (writer: LakeWriter) => Promise<void> }[] = [];
  const stats = { rows: 0, files: 0, damaged: 0, merged: 0 };
  let flushed: string | null = null;
  await files.cleanUp();

  const writer: LakeWriter = {
    tempPath: files.tempPath,
    run: (task, options) => deps.writer.run(task, options),
    replaceFiles: files.change,
    listFiles: (filter) => files.store.listFiles(filter),
  };

  const compact = createCompaction({ ...deps, writer, files, stats, onStep });
  const mergeGroup = createMerger({ folder, writer, stats, onStep });

  async function flushNow(): Promise<void> {
    await alone(async () => {
      const written = JSON.stringify(await deps.growing());
      if (flushed !== written) {
        while (await compact());
        flushed = written;
      }
      for (const { hook } of hooks) await hook(writer);
    });
  }

  const flush = createShared(flushNow);

  /** Labels are joined where they are moved into the lake. */
  async function listMergeable(): Promise<LakeFile[]> {
    return (await files.store.listFiles()).filter(({ kind }) => kind !== "labels");
  }

  async function merge(): Promise<number> {
    if (chooseMerges(await listMergeable()).length === 0) return 0;
    return maintenance.exclusive("lake", () =>
      alone(async () => {
        const groups = chooseMerges(await listMergeable());
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
    readViews: ({ endpoint, since = null, until = null }, { module, input }, options) =>
      withFiles({ endpoint }, (found) => {
        const views: ViewsInput = { files: toViewFiles(folder, found, { since, until }), module: module.href, input };
        return deps.reader.run({ module: viewsTask, input: views }, options);
      }),
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
