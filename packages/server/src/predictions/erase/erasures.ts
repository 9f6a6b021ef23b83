import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError, type EraseResult } from "@slipway/contract";
import { createId, idPattern } from "../../kernel/ids.ts";
import { LakeError } from "../../platform/lake/index.ts";
import type { Operation, RunContext } from "../../platform/queue/index.ts";
import { forgetDeleted } from "../../platform/sql/index.ts";
import { notesOf, type Erasure } from "./erasure.ts";
import { checkPredicate, matchRows } from "./match.ts";
import type { Matched } from "./match-task.ts";
import { rowsFile, type ErasuresDeps } from "./step.ts";
import { createSteps } from "./steps.ts";
import { createErasureStore, type ErasureTables } from "./store.ts";

export interface EraseOptions {
  /** One boolean SQL expression over the view `predictions` of the endpoint. */
  readonly where: string;
  /** Only count. */
  readonly dryRun: boolean;
  readonly author: string | null;
}

/** Takes predictions out for good, from the log, the lake and the labels, and resumes after whatever stopped it. */
export interface Erasures {
  /**
   * Resolves when the work is under way; the operation's result is an EraseResult. The predicate is kept nowhere, not even in
   * an error of the operation. @throws SlipwayError `invalid_query` where it is no boolean expression over these columns
   */
  erase(endpoint: string, options: EraseOptions): Promise<Operation>;
  /** At the start: goes on with what was begun and not finished. */
  resume(): Promise<void>;
}

export function createErasures(deps: ErasuresDeps): Erasures {
  const { folder, sql, log, lake, maintenance, operations, clock, logger } = deps;
  const store = createErasureStore(sql.as<ErasureTables>().db);
  const runSteps = createSteps(deps);
  const onStep = deps.onStep ?? (() => Promise.resolve());

  const subjectOf = (endpoint: string) => `${endpoint}/predictions`;

  async function preview(endpoint: string, where: string, { signal, progress }: RunContext): Promise<EraseResult> {
    progress("matching", "Bringing the lake up to date");
    await lake.flush();
    progress("matching", "Looking for the predictions that match");
    const { predictions, requests } = await matching(() => matchRows(lake, { endpoint, where, signal }));
    const nothing = { labels: 0, segments: 0, lakeFiles: 0, widened: 0, unreadableBytes: 0 };
    return toResult({ ...nothing, endpoint, predictions, requests }, null);
  }

  async function perform(endpoint: string, options: EraseOptions, context: RunContext): Promise<EraseResult> {
    const { signal, progress } = context;
    progress("waiting", "Waiting for other work on the files");
    return maintenance.exclusive(
      "erase",
      async () => {
        progress("matching", "Bringing the lake up to date");
        await lake.flush();
        return lake.exclusive(async (writer) => {
          for (const left of await store.listUnfinished()) await runSteps(left, writer, progress);
          progress("matching", "Looking for the predictions that match");
          const id = createId();
          const at = join(folder, id);
          await mkdir(at, { recursive: true });
          const save = join(at, rowsFile);
          await onStep("match");
          const matched = await matching(() => matchRows(lake, { endpoint, where: options.where, signal, save }));
          // What matched is on record by now, so none of it comes into the segments from here on.
          await log.rotate();
          signal.throwIfAborted();
          const erasure = toErasure({ id, endpoint, options, matched, createdAt: clock.now() });
          await onStep("begin");
          await store.insert(erasure);
          const done = await runSteps(erasure, writer, progress);
          logger.info({ erasure: id, endpoint, predictions: done.predictions }, "predictions were erased");
          return toResult(done, id);
        });
      },
      signal,
    );
  }

  async function finish(erasure: Erasure, { progress }: RunContext): Promise<EraseResult> {
    return maintenance.exclusive("erase", () =>
      lake.exclusive(async (writer) => {
        const now = await store.find(erasure.id);
        if (now === null) throw new Error(`Erasure ${erasure.id} is gone.`);
        const done = now.step === "done" ? now : await runSteps(now, writer, progress);
        logger.info({ erasure: done.id, endpoint: done.endpoint }, "an erase that was interrupted is finished");
        return toResult(done, done.id);
      }),
    );
  }

  /** Files of erases that ended, or that ended before they began. */
  async function removeLeft(unfinished: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(folder).catch(() => []))
      if (idPattern.test(name) && !unfinished.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }

  return {
    async erase(endpoint, options) {
      // Columns are those of the files that there are.
      await lake.flush();
      await matching(() => checkPredicate(lake, endpoint, options.where));
      const run = options.dryRun
        ? (context: RunContext) => preview(endpoint, options.where, context)
        : (context: RunContext) => perform(endpoint, options, context);
      return operations.start("erase", subjectOf(endpoint), run);
    },

    async resume() {
      const unfinished = await store.listUnfinished();
      await removeLeft(new Set(unfinished.map(({ id }) => id)));
      await forgetDeleted(sql);
      for (const erasure of unfinished)
        await operations.start("erase", subjectOf(erasure.endpoint), (context) => finish(erasure, context));
    },
  };
}

/** DuckDB's own words may quote the predicate, which is to be kept nowhere. */
async function matching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    if (error.reason === "sql")
      throw new SlipwayError(
        "invalid_query",
        'The expression fails on some of the predictions, such as by a cast of a value that is no number. Try it as `slipway predictions NAME --sql "select count(*) from predictions where ..."`.',
      );
    throw new SlipwayError("internal", `The predictions could not be searched: ${error.reason}. Nothing was erased.`);
  }
}

interface NewErasure {
  readonly id: string;
  readonly endpoint: string;
  readonly options: EraseOptions;
  readonly matched: Matched;
  readonly createdAt: number;
}

function toErasure({ id, endpoint, options, matched, createdAt }: NewErasure): Erasure {
  return {
    id,
    endpoint,
    predicate: createHash("sha256").update(options.where).digest("hex"),
    author: options.author,
    step: "segments",
    predictions: matched.predictions,
    requests: matched.requests,
    widened: 0,
    labels: 0,
    segments: 0,
    lakeFiles: 0,
    unreadableBytes: 0,
    createdAt,
    finishedAt: null,
  };
}

type Counted = Pick<
  Erasure,
  "endpoint" | "predictions" | "requests" | "widened" | "labels" | "segments" | "lakeFiles" | "unreadableBytes"
>;

function toResult(erasure: Counted, id: string | null): EraseResult {
  const { endpoint, predictions, requests, widened, labels, segments, lakeFiles, unreadableBytes } = erasure;
  return {
    erasure: id,
    endpoint,
    dry_run: id === null,
    predictions,
    requests,
    widened,
    labels,
    segments,
    lake_files: lakeFiles,
    unreadable_bytes: unreadableBytes,
    notes: id === null ? [] : notesOf(erasure),
  };
}
