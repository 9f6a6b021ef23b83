import type { ImportedRun, ImportResult } from "@slipway/contract";
import { eachOf, inBatches } from "./batches.ts";
import { importArtifacts, isFatal } from "./import-artifacts.ts";
import { planFiles, type FilePlan, type ImportJob } from "./import-job.ts";
import { importPoints } from "./import-points.ts";
import { infoOfRun, isRunning, parseMark, type RecordMark } from "./mark.ts";
import type { CountedKind } from "./report.ts";
import type { SourceRun } from "./source.ts";

export interface ExperimentPair {
  readonly sourceId: string;
  /** Null in a dry run, where it is not made yet. */
  readonly targetId: string | null;
  readonly name: string;
}

/** What of a run is new. */
interface RunPlan {
  readonly run: SourceRun;
  readonly info: string;
  readonly isNew: boolean;
  readonly before: RecordMark | null;
  readonly keys: readonly string[];
  readonly files: FilePlan;
  readonly wantsFiles: boolean;
}

const batchBytes = 64 * 1024;
/** Their writes share commits. */
const runsAtOnce = 4;

export async function importRuns(job: ImportJob, pair: ExperimentPair): Promise<void> {
  const all = await job.source.countRuns(pair.sourceId);
  let done = 0;
  for await (const page of job.source.runPages(pair.sourceId)) {
    const marks = await job.target.marks(
      "run",
      page.map(({ id }) => id),
      { signal: job.signal },
    );
    for (const some of inBatches(page, batchBytes, 50)) {
      job.signal.throwIfAborted();
      job.show(`Runs of ${pair.name}`, done, all);
      const plans = await Promise.all(some.map((run) => planRun(job, pair, { run, before: parseMark(marks[run.id]) })));
      await importSome(job, pair, plans);
      done += some.length;
    }
  }
}

interface Known {
  readonly run: SourceRun;
  readonly before: RecordMark | null;
}

async function planRun(job: ImportJob, pair: ExperimentPair, { run, before }: Known): Promise<RunPlan> {
  const known = job.full ? null : before;
  const info = infoOfRun(run, job.artifacts);
  const keys = run.series.filter(({ key, mark }) => known?.series[key] !== mark).map(({ key }) => key);
  const ended = !isRunning(run);
  const isNew = known?.info !== info || keys.length > 0;
  const wantsFiles = isNew || !ended || known === null || !known.files;
  const files = await planFiles(job, run.artifactUri, { experimentId: pair.sourceId, id: run.id });
  const place = files.uri ?? `mlflow-artifacts:/${pair.targetId}/${run.id}/artifacts`;
  job.places.set(run.artifactUri, place).set(run.id, place);
  // A search does not tell everything of a run, so one that goes on is looked at.
  const isSent = isNew || !ended;
  return {
    run: isSent ? await job.source.completeRun(run) : run,
    info,
    isNew: isSent,
    before,
    keys,
    files,
    wantsFiles,
  };
}

async function importSome(job: ImportJob, pair: ExperimentPair, plans: readonly RunPlan[]): Promise<void> {
  const same = plans.filter((plan) => !plan.isNew).map(({ run }) => toSame(run.id));
  job.reporter.count("runs", same);
  const news = plans.filter((plan) => plan.isNew);
  if (job.dryRun) {
    job.reporter.count("runs", news.map(toDryResult));
    for (const { run, files } of plans.filter(({ wantsFiles }) => wantsFiles))
      await importArtifacts(job, { kind: "runs", id: run.id, folder: "", ended: true }, files);
    return;
  }
  const { targetId } = pair;
  if (targetId === null) return;
  const refused = await sendEach(
    { job, kind: "runs", idOf: (run: ImportedRun) => run.run_id },
    news.map((plan) => toImportedRun(plan, targetId)),
    (runs) => job.target.runs(runs, { signal: job.signal }),
  );
  const marks: Record<string, string> = {};
  const taken = plans.filter(({ run }) => !refused.has(run.id));
  await eachOf(taken, runsAtOnce, async (plan) => {
    const mark = await importRest(job, plan, targetId);
    if (mark !== null) marks[plan.run.id] = mark;
  });
  if (Object.keys(marks).length > 0) await job.target.putMarks("run", marks, { signal: job.signal });
}

/** @returns what is to be remembered of the run; null where that is known */
async function importRest(job: ImportJob, plan: RunPlan, targetId: string): Promise<string | null> {
  const { run, keys, before, info } = plan;
  await importPoints(job, run, keys);
  const ended = !isRunning(run);
  const folder = `${targetId}/${run.id}/artifacts`;
  const whole =
    !plan.wantsFiles || (await importArtifacts(job, { kind: "runs", id: run.id, folder, ended }, plan.files));
  const series = Object.fromEntries(run.series.map(({ key, mark }) => [key, mark]));
  const mark = JSON.stringify({ info, series, files: whole && ended } satisfies RecordMark);
  const known =
    before === null ? null : JSON.stringify({ info: before.info, series: before.series, files: before.files });
  return mark === known ? null : mark;
}

function toDryResult({ run, before }: RunPlan): ImportResult {
  return { id: run.id, outcome: before === null ? "created" : "changed", differences: [] };
}

export function toSame(id: string): ImportResult {
  return { id, outcome: "same", differences: [] };
}

function toImportedRun({ run, files }: RunPlan, targetId: string): ImportedRun {
  return {
    run_id: run.id,
    experiment_id: targetId,
    name: run.name,
    user_id: run.userId,
    status: toStatus(run.status),
    start_time: run.startTime,
    end_time: run.endTime,
    lifecycle_stage: run.lifecycle,
    deleted_at: run.deletedAt,
    artifact_uri: files.uri,
    params: run.params.map(([key, value]) => [key, value]),
    tags: run.tags.map(([key, value]) => [key, value]),
    datasets: run.datasets.map(({ sourceType, tags, ...dataset }) => ({
      ...dataset,
      source_type: sourceType,
      tags: tags.map(([key, value]) => [key, value]),
    })),
    model_inputs: [...run.modelInputs],
    model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })),
  };
}

const statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;

function toStatus(text: string): ImportedRun["status"] {
  return statuses.find((status) => status === text) ?? "FINISHED";
}

interface Sending<T> {
  readonly job: ImportJob;
  readonly kind: CountedKind;
  readonly idOf: (record: T) => string;
}

/** Sends records together; where that is refused, one by one, so that one bad record costs no other. @returns the ids of the refused */
export async function sendEach<T>(
  { job, kind, idOf }: Sending<T>,
  records: readonly T[],
  send: (records: readonly T[]) => Promise<readonly ImportResult[]>,
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  if (records.length === 0) return refused;
  const one = async (some: readonly T[]): Promise<boolean> => {
    try {
      job.reporter.count(kind, await send(some));
      return true;
    } catch (error) {
      if (job.signal.aborted || isFatal(error)) throw error;
      if (some.length === 1) {
        refused.add(idOf(some[0]!));
        job.reporter.problem({ kind, id: idOf(some[0]!), text: (error as Error).message });
      }
      return false;
    }
  };
  if (!(await one(records)) && records.length > 1) for (const record of records) await one([record]);
  return refused;
}
