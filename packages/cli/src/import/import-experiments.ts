import { schemeOf } from "./artifact-files.ts";
import type { ImportJob } from "./import-job.ts";
import type { ExperimentPair } from "./import-runs.ts";
import { digestOf } from "./mark.ts";
import type { SourceExperiment } from "./source.ts";

interface ExperimentMark {
  readonly info: string;
  /** The id that it has here. */
  readonly to: string;
}

/** @returns which experiment here each of these is */
export async function importExperiments(
  job: ImportJob,
  experiments: readonly SourceExperiment[],
): Promise<readonly ExperimentPair[]> {
  const { target, signal } = job;
  const pairs: ExperimentPair[] = [];
  for (let at = 0; at < experiments.length; at += 100) {
    const some = experiments.slice(at, at + 100);
    const known = await target.marks("experiment", some.map(markId), { signal });
    const marks = some.map((each) => parseMark(known[markId(each)]));
    const records = some.map((each, i) => toImported(job, each, marks[i] ?? null));
    const results = await target.experiments(records, { dryRun: job.dryRun, signal });
    job.reporter.count("experiments", results);
    const news: Record<string, string> = {};
    for (const [i, { experiment_id: targetId }] of results.entries()) {
      const experiment = some[i]!;
      pairs.push({ sourceId: experiment.id, targetId, name: experiment.name });
      if (targetId === null) continue;
      const mark = JSON.stringify({ info: digestOf(experiment), to: targetId } satisfies ExperimentMark);
      if (mark !== known[markId(experiment)]) news[markId(experiment)] = mark;
    }
    if (!job.dryRun && Object.keys(news).length > 0) await target.putMarks("experiment", news, { signal });
  }
  return pairs;
}

/** The same experiment by whatever address its server is reached: MLflow counts ids from 0, and a time tells them apart. */
function markId({ id, createdAt, name }: SourceExperiment): string {
  return `${id}@${createdAt ?? name}`;
}

function parseMark(text: string | undefined): ExperimentMark | null {
  const mark = text === undefined ? null : (JSON.parse(text) as Partial<ExperimentMark>);
  return typeof mark?.to === "string" && typeof mark.info === "string" ? { to: mark.to, info: mark.info } : null;
}

function toImported(job: ImportJob, experiment: SourceExperiment, mark: ExperimentMark | null) {
  return {
    source_id: experiment.id,
    experiment_id: mark?.to ?? null,
    unchanged: mark?.info === digestOf(experiment) && !job.full,
    name: experiment.name,
    artifact_location: placeOf(job, experiment.artifactLocation),
    lifecycle_stage: experiment.lifecycle,
    creation_time: experiment.createdAt,
    last_update_time: experiment.updatedAt,
    tags: experiment.tags.map(([key, value]) => [key, value] as [string, string]),
  };
}

/** New runs go on writing to a store of their own; what was behind the old server or on its disk comes here. */
function placeOf(job: ImportJob, location: string): string | null {
  const isOwn = ["", "file", "mlflow-artifacts", "http", "https"].includes(schemeOf(location));
  return isOwn ? null : job.source.addressOf(location);
}
