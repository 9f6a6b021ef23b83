import type { ImportedLoggedModel } from "@slipway/contract";
import { inBatches } from "./batches.ts";
import { importArtifacts } from "./import-artifacts.ts";
import { planFiles, type FilePlan, type ImportJob } from "./import-job.ts";
import { toWireValue } from "./import-points.ts";
import { sendEach, toSame, type ExperimentPair } from "./import-runs.ts";
import { infoOfLoggedModel, parseMark, type RecordMark } from "./mark.ts";
import type { LoggedModelStatus, SourceLoggedModel } from "./source.ts";

interface ModelPlan {
  readonly model: SourceLoggedModel;
  readonly before: RecordMark | null;
  readonly info: string;
  readonly files: FilePlan;
}

const batchBytes = 64 * 1024;

/** After the runs of the experiment. */
export async function importLoggedModels(job: ImportJob, pair: ExperimentPair): Promise<void> {
  let done = 0;
  for await (const page of job.source.loggedModelPages(pair.sourceId)) {
    const ids = page.map(({ id }) => id);
    const marks = await job.target.marks("logged_model", ids, { signal: job.signal });
    for (const some of inBatches(page, batchBytes, 50)) {
      job.signal.throwIfAborted();
      job.show(`Logged models of ${pair.name}`, done, null);
      const news: ModelPlan[] = [];
      for (const model of some) {
        const plan = await planModel(job, pair, { model, before: parseMark(marks[model.id]) });
        if (plan === null) job.reporter.count("logged_models", [toSame(model.id)]);
        else news.push(plan);
      }
      await importSome(job, pair, news);
      done += some.length;
    }
  }
}

type Known = Pick<ModelPlan, "model" | "before">;

/** @returns null where it was taken whole and is as it was */
async function planModel(job: ImportJob, pair: ExperimentPair, { model, before }: Known): Promise<ModelPlan | null> {
  const info = infoOfLoggedModel(model, job.artifacts);
  const files = await planFiles(job, model.artifactUri, { experimentId: pair.sourceId, id: model.id });
  const place = files.uri ?? `mlflow-artifacts:/${pair.targetId}/models/${model.id}/artifacts`;
  job.places.set(model.artifactUri, place).set(model.id, place);
  const isSame = before?.info === info && before.files && !job.full;
  return isSame ? null : { model, before, info, files };
}

async function importSome(job: ImportJob, { targetId }: ExperimentPair, plans: readonly ModelPlan[]): Promise<void> {
  if (job.dryRun || targetId === null) {
    for (const { model, before, files } of plans) {
      const outcome = before === null ? "created" : "changed";
      job.reporter.count("logged_models", [{ ...toSame(model.id), outcome }]);
      await importArtifacts(job, { kind: "logged_models", id: model.id, folder: "", ended: true }, files);
    }
    return;
  }
  const refused = await sendEach(
    { job, kind: "logged_models", idOf: (each: ImportedLoggedModel) => each.model_id },
    plans.map((plan) => toImported(plan, targetId)),
    (models) => job.target.loggedModels(models, { signal: job.signal }),
  );
  const marks: Record<string, string> = {};
  for (const { model, info, files } of plans.filter((plan) => !refused.has(plan.model.id))) {
    const ended = model.status === "READY" || model.status === "FAILED";
    const folder = `${targetId}/models/${model.id}/artifacts`;
    const whole = await importArtifacts(job, { kind: "logged_models", id: model.id, folder, ended }, files);
    marks[model.id] = JSON.stringify({ info, series: {}, files: whole && ended } satisfies RecordMark);
  }
  if (Object.keys(marks).length > 0) await job.target.putMarks("logged_model", marks, { signal: job.signal });
}

const statuses: Readonly<Record<LoggedModelStatus, ImportedLoggedModel["status"]>> = {
  READY: "LOGGED_MODEL_READY",
  PENDING: "LOGGED_MODEL_PENDING",
  UNSPECIFIED: "LOGGED_MODEL_PENDING",
  FAILED: "LOGGED_MODEL_UPLOAD_FAILED",
};

function toImported({ model, files }: ModelPlan, targetId: string): ImportedLoggedModel {
  return {
    model_id: model.id,
    experiment_id: targetId,
    name: model.name,
    artifact_uri: files.uri,
    status: statuses[model.status],
    status_message: model.statusMessage,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    creation_time: model.createdAt,
    last_updated_time: model.updatedAt,
    lifecycle_stage: model.lifecycle,
    params: model.params.map(([key, value]) => [key, value]),
    tags: model.tags.map(([key, value]) => [key, value]),
    metrics: model.metrics.map(({ runId, datasetName, datasetDigest, value, ...metric }) => ({
      ...metric,
      value: toWireValue(value),
      run_id: runId,
      dataset_name: datasetName,
      dataset_digest: datasetDigest,
    })),
  };
}
