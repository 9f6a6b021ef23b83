import { UsageError } from "../exit-codes.ts";
import { importExperiments } from "./import-experiments.ts";
import type { ImportJob } from "./import-job.ts";
import { importLoggedModels } from "./import-logged-models.ts";
import { importModels } from "./import-models.ts";
import { importRuns } from "./import-runs.ts";
import type { ImportReport } from "./report.ts";
import type { SourceExperiment } from "./source.ts";

/**
 * Copies what the source has and the target does not. What is written is remembered record by record, so that whoever is killed
 * goes on where it was, and a second time takes only what is new.
 * @throws UsageError where no experiment has one of the names
 */
export async function importMlflow(job: ImportJob, names: readonly string[]): Promise<ImportReport> {
  const { source, reporter } = job;
  job.show(`Reading ${source.label}`, 0, null);
  const experiments = choose(await source.experiments(), names);
  const pairs = await importExperiments(job, experiments);
  for (const pair of pairs) {
    await importRuns(job, pair);
    await importLoggedModels(job, pair);
  }
  await importModels(job, names.length === 0 ? null : job.places);
  for (const each of await source.leftOut()) reporter.leftOut(each);
  return reporter.report();
}

function choose(experiments: readonly SourceExperiment[], names: readonly string[]): readonly SourceExperiment[] {
  if (names.length === 0) return experiments;
  const missing = names.filter((name) => !experiments.some((each) => each.name === name));
  if (missing.length > 0)
    throw new UsageError(
      `The source has no experiment ${missing.map((name) => JSON.stringify(name)).join(", ")}. It has: ${experiments
        .map((each) => each.name)
        .slice(0, 20)
        .join(", ")}.`,
    );
  return experiments.filter((each) => names.includes(each.name));
}
