import { isClosed, listInstances, listSegments, segmentFile } from "@slipway/runtime/log";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { appendAudit } from "../../access/index.ts";
import type { LakeRunOptions, LakeTask } from "../../platform/lake/index.ts";
import { forgetDeleted } from "../../platform/sql/index.ts";
import type { Transaction } from "../../platform/sql/index.ts";
import { removeLabels, type LabelTables } from "../labels/store.ts";
import type { LakeFile, WrittenFile } from "../lake/lake-file.ts";
import type { LakeWriter } from "../lake/prediction-lake.ts";
import type { ErasuresDeps } from "./erasures.ts";
import type { Erasure, ErasureFacts, ErasureStep } from "./erasure.ts";
import type { LabelsInput, PredictionsInput, RewriteFile, RewriteResult } from "./rewrite-task.ts";
import type { SegmentsInput, SegmentsResult } from "./segments-task.ts";
import { createErasureStore, type ErasureTables } from "./store.ts";

/** In the folder of an erasure. */
export const rowsFile = "rows.parquet";
const widenedFile = "widened.csv";

type Progress = (stage: string, message: string, fraction?: number | null) => void;

/** Does what is left of an erasure. To be called while nobody else changes files of the log and the lake. */
export type RunSteps = (erasure: Erasure, writer: LakeWriter, progress: Progress) => Promise<Erasure>;

interface Step {
  readonly erasure: Erasure;
  readonly writer: LakeWriter;
  readonly progress: Progress;
}

export function createSteps(deps: ErasuresDeps): RunSteps {
  const { folder, logFolder, lake, log, sql, clock } = deps;
  const db = sql.as<ErasureTables & LabelTables>();
  const onStep = deps.onStep ?? (() => Promise.resolve());
  const testing = deps.onStep !== undefined;
  const toRewrite = ({ id, path }: LakeFile, writer: LakeWriter): RewriteFile => ({
    id,
    path: join(lake.folder, path),
    tempPath: writer.tempPath(),
  });
  const watch = (progress: Progress, stage: string, message: string): LakeRunOptions => ({
    onProgress: (fraction) => progress(stage, message, typeof fraction === "number" ? fraction : null),
    onAsk: async (step) => {
      await onStep(String(step));
      return null;
    },
  });
  const fileOf = ({ id }: Erasure, file: string) => join(folder, id, file);

  async function segments({ erasure, writer, progress }: Step): Promise<void> {
    const message = "Rewriting the prediction log";
    progress("segments", message);
    const { ended, damagedBytes } = await listEnded();
    const input: SegmentsInput = {
      segments: ended,
      rowsPath: fileOf(erasure, rowsFile),
      widenedPath: fileOf(erasure, widenedFile),
      steps: testing,
    };
    const task: LakeTask = { module: moduleOf("segments-task"), input };
    const result = await writer.run<SegmentsResult>(task, watch(progress, "segments", message));
    await advance(erasure, "labels", {
      segments: result.rewritten,
      widened: result.widened,
      unreadableBytes: result.unreadableBytes + damagedBytes,
    });
  }

  /** Before the lake, where the keys of what goes are found. Labels that come later for these ids are about nothing. */
  async function labels({ erasure, writer, progress }: Step): Promise<void> {
    const message = "Taking labels out";
    progress("labels", message);
    const { id, endpoint } = erasure;
    const files = await writer.listFiles({ endpoint });
    const of = (kind: LakeFile["kind"]) => files.filter((file) => file.kind === kind);
    const waiting = await db.db
      .selectFrom("labels")
      .select(["id", "prediction", "row", "key"])
      .where("endpoint", "=", endpoint)
      .execute();
    const input: LabelsInput = {
      kind: "labels",
      files: of("labels").map((file) => toRewrite(file, writer)),
      predictions: of("predictions").map((file) => join(lake.folder, file.path)),
      waiting,
      rowsPath: fileOf(erasure, rowsFile),
      widenedPath: fileOf(erasure, widenedFile),
      steps: testing,
    };
    const result = await writer.run<RewriteResult>(rewriteTask(input), watch(progress, "labels", message));
    const removed = result.files.reduce((sum, file) => sum + file.removed, 0) + result.waiting.length;
    await writer.replaceFiles({
      ...toChange(result, input.files, files),
      within: async (trx) => {
        await removeLabels(trx as unknown as Transaction<LabelTables>, result.waiting);
        await createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, "lake", { labels: removed });
      },
    });
  }

  async function predictions({ erasure, writer, progress }: Step): Promise<void> {
    const message = "Rewriting the Parquet files";
    progress("lake", message);
    const { id, endpoint } = erasure;
    const files = await writer.listFiles({ endpoint, kind: "predictions" });
    const input: PredictionsInput = {
      kind: "predictions",
      files: files.map((file) => toRewrite(file, writer)),
      rowsPath: fileOf(erasure, rowsFile),
      widenedPath: fileOf(erasure, widenedFile),
      steps: testing,
    };
    const result = await writer.run<RewriteResult>(rewriteTask(input), watch(progress, "lake", message));
    await writer.replaceFiles({
      ...toChange(result, input.files, files),
      within: (trx) =>
        createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, "tombstone", {
          lakeFiles: result.files.length,
        }),
    });
  }

  async function tombstone({ erasure }: Step): Promise<void> {
    const { id, endpoint, author, predicate, createdAt } = erasure;
    const { predictions: rows, requests, widened, labels: labelCount, segments: segmentCount, lakeFiles } = erasure;
    const counts = { predictions: rows, requests, widened, labels: labelCount, segments: segmentCount };
    const at = clock.now();
    await db.tx(async (trx) => {
      const details = {
        erasure: id,
        predicate_sha256: predicate,
        asked_at: createdAt,
        ...counts,
        lake_files: lakeFiles,
      };
      await appendAudit(trx, { at, actor: author, action: "predictions.erase", subject: endpoint, details });
      await createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, "done", { finishedAt: at });
    });
  }

  const advance = ({ id }: Erasure, step: ErasureStep, facts: ErasureFacts) =>
    db.tx((trx) => createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, step, facts));

  /** Segments that nobody writes to any more, and what lies beside them that nobody can read. */
  async function listEnded() {
    const ended: { path: string; until: number }[] = [];
    let damagedBytes = 0;
    for (const instance of await listInstances(logFolder)) {
      const at = join(logFolder, instance);
      const closed = await isClosed(at);
      const growing = log.position();
      for (const number of await listSegments(at)) {
        if (!closed && (instance !== growing.instance || number >= growing.segment)) continue;
        const path = join(at, segmentFile(number));
        const { mtimeMs } = await stat(path);
        ended.push({ path, until: mtimeMs });
      }
      for (const file of await readdir(at))
        if (file.endsWith(".damaged")) damagedBytes += (await stat(join(at, file))).size;
    }
    return { ended, damagedBytes };
  }

  const steps: Readonly<Record<Exclude<ErasureStep, "done">, (step: Step) => Promise<void>>> = {
    segments,
    labels,
    lake: predictions,
    tombstone,
  };

  return async (begun, writer, progress) => {
    const store = createErasureStore(db.db);
    let erasure = begun;
    while (erasure.step !== "done") {
      await onStep(erasure.step);
      await steps[erasure.step]({ erasure, writer, progress });
      erasure = (await store.find(begun.id)) ?? begun;
    }
    await onStep("done");
    await rm(join(folder, begun.id), { recursive: true, force: true });
    await forgetDeleted(sql);
    return erasure;
  };
}

function moduleOf(name: "rewrite-task" | "segments-task"): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}

function rewriteTask(input: LabelsInput | PredictionsInput): LakeTask {
  return { module: moduleOf("rewrite-task"), input };
}

/** What takes the place of the files that something went of. */
function toChange(result: RewriteResult, inputs: readonly RewriteFile[], files: readonly LakeFile[]) {
  const add: WrittenFile[] = [];
  for (const { id, written } of result.files) {
    const { tempPath } = inputs.find((input) => input.id === id) as RewriteFile;
    const { kind, endpoint, signature, day } = files.find((file) => file.id === id) as LakeFile;
    if (written !== null) add.push({ kind, endpoint, signature, day, tempPath, ...written });
  }
  return { remove: result.files.map(({ id }) => id), add };
}
