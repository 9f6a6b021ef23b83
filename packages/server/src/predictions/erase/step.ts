import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import type { LakeRunOptions, LakeTask } from "../../platform/lake/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { Exports } from "../export/exports.ts";
import type { LakeFile, WrittenFile } from "../lake/lake-file.ts";
import type { LakeWriter, PredictionLake } from "../lake/prediction-lake.ts";
import type { PredictionLog } from "../prediction-log.ts";
import type { Erasure } from "./erasure.ts";
import type { LabelsInput, PredictionsInput, RewriteFile, RewriteResult } from "./rewrite-task.ts";

export interface ErasuresDeps {
  /** Of files that an erase needs until it is done: ids, and nothing else. Made here. */
  readonly folder: string;
  /** Of the prediction log. */
  readonly logFolder: string;
  readonly sql: Sql;
  readonly log: Pick<PredictionLog, "growing" | "rotate">;
  readonly lake: PredictionLake;
  /** Copies that wait are looked into, too; those that were made are out of reach. */
  readonly exports?: Pick<Exports, "listStaged" | "forget">;
  /**
   * Others let go of what they have made of the endpoint's predictions: called when these are out of the log and the lake, before the
   * erase is said to be done, and again after a crash in between.
   */
  readonly onErased?: (endpoint: string) => Promise<void>;
  readonly maintenance: Maintenance;
  readonly operations: Pick<Operations, "start">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called before each step that a crash may fall between, in the child as well: for tests. */
  readonly onStep?: (step: string) => Promise<void>;
}

export type Progress = (stage: string, message: string, fraction?: number | null) => void;

/** What a step of an erasure works with, while nobody else changes files of the log and the lake. */
export interface Step {
  readonly deps: ErasuresDeps;
  readonly erasure: Erasure;
  readonly writer: LakeWriter;
  readonly progress: Progress;
}

/** In the folder of an erasure: the rows that matched, and those that go though they did not. */
export const rowsFile = "rows.parquet";
const widenedFile = "widened.csv";

/** For the input of a task. */
export function toGone({ deps, erasure }: Step) {
  const at = join(deps.folder, erasure.id);
  return { rowsPath: join(at, rowsFile), widenedPath: join(at, widenedFile), steps: deps.onStep !== undefined };
}

/** Runs a task that tells how far it is. */
export function runTask<T>(
  { deps, writer, progress }: Step,
  task: LakeTask,
  stage: readonly [string, string],
): Promise<T> {
  const [name, message] = stage;
  progress(name, message);
  const options: LakeRunOptions = {
    onProgress: (fraction) => progress(name, message, typeof fraction === "number" ? fraction : null),
    onAsk: async (step) => {
      await deps.onStep?.(String(step));
      return null;
    },
  };
  return writer.run<T>(task, options);
}

export function toModule(name: "rewrite-task" | "segments-task"): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}

export function toRewriteTask(input: LabelsInput | PredictionsInput): LakeTask {
  return { module: toModule("rewrite-task"), input };
}

export function toRewrite({ deps, writer }: Step, { id, path }: LakeFile): RewriteFile {
  return { id, path: join(deps.lake.folder, path), tempPath: writer.tempPath() };
}

/** What takes the place of the files that something went of. */
export function toChange(
  rewritten: RewriteResult["files"],
  inputs: readonly RewriteFile[],
  files: readonly LakeFile[],
) {
  const add: WrittenFile[] = [];
  for (const { id, written } of rewritten) {
    const { tempPath } = inputs.find((input) => input.id === id) as RewriteFile;
    const { kind, endpoint, signature, day } = files.find((file) => file.id === id) as LakeFile;
    if (written !== null) add.push({ kind, endpoint, signature, day, tempPath, ...written });
  }
  return { remove: rewritten.map(({ id }) => id), add };
}
