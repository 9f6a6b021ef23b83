import type { ImportedVersion, ImportResult } from "@slipway/contract";
import { withoutSecrets } from "./artifact-files.ts";
import { inBatches } from "./batches.ts";
import { isFatal } from "./import-artifacts.ts";
import type { ImportJob } from "./import-job.ts";
import { toSame } from "./import-runs.ts";
import { digestOf } from "./mark.ts";
import type { SourceModel, SourceVersion } from "./source.ts";

interface ModelMark {
  readonly info: string;
  /** Where the last import left its aliases. */
  readonly aliases: Readonly<Record<string, number>>;
}

interface ModelPlan {
  readonly model: SourceModel;
  readonly mark: ModelMark | null;
  readonly isNew: boolean;
  readonly versions: readonly SourceVersion[];
  readonly news: readonly SourceVersion[];
  readonly versionMarks: Readonly<Record<string, string>>;
}

const batchBytes = 64 * 1024;

/** After all runs and logged models, whose files they name. `only`: models that have a version of an imported run. */
export async function importModels(job: ImportJob, only: ReadonlyMap<string, string> | null): Promise<void> {
  const models = await job.source.registeredModels();
  for (const [i, model] of models.entries()) {
    job.signal.throwIfAborted();
    job.show("Registered models", i, models.length);
    const versions: SourceVersion[] = [];
    for await (const page of job.source.versionPages(model.name)) versions.push(...page);
    if (only !== null && !versions.some((version) => isOf(version, only))) continue;
    await importModel(job, await planModel(job, model, versions)).catch((error: unknown) => {
      if (job.signal.aborted || isFatal(error)) throw error;
      job.reporter.problem({ kind: "models", id: model.name, text: (error as Error).message });
    });
  }
}

function isOf({ runId, source }: SourceVersion, ids: ReadonlyMap<string, string>): boolean {
  return (runId !== null && ids.has(runId)) || ids.has(loggedModelOf(source) ?? "");
}

function loggedModelOf(source: string): string | null {
  return /^models:\/+(m-[^/]+)$/.exec(source)?.[1] ?? null;
}

async function planModel(job: ImportJob, model: SourceModel, versions: readonly SourceVersion[]): Promise<ModelPlan> {
  const known = await job.target.marks("model", [model.name], { signal: job.signal });
  const mark = parseMark(known[model.name]);
  const versionMarks: Record<string, string> = {};
  const living = versions.filter((version) => !version.deleted);
  for (let at = 0; at < living.length; at += 1000) {
    const ids = living.slice(at, at + 1000).map((version) => versionId(model, version));
    Object.assign(versionMarks, await job.target.marks("version", ids, { signal: job.signal }));
  }
  const news = living.filter((version) => job.full || versionMarks[versionId(model, version)] !== digestOf(version));
  return { model, mark, isNew: job.full || mark?.info !== digestOf(model), versions, news, versionMarks };
}

const versionId = ({ name }: SourceModel, { version }: SourceVersion) => `${name}/${version}`;

async function importModel(job: ImportJob, plan: ModelPlan): Promise<void> {
  const { model, versions, news, isNew, mark } = plan;
  const living = versions.filter((version) => !version.deleted);
  job.reporter.count(
    "versions",
    living.slice(news.length).map(({ version }) => toSame(`${model.name}@${version}`)),
  );
  if (!isNew && news.length === 0) return job.reporter.count("models", [toSame(model.name)]);
  if (job.dryRun) {
    const outcome = mark === null ? "created" : isNew ? "changed" : "same";
    job.reporter.count("models", [{ ...toSame(model.name), outcome }]);
    return job.reporter.count(
      "versions",
      news.map((version) => toDryResult(plan, version)),
    );
  }
  const records = news.map((version) => toImported(job, model, version));
  const batches = [...inBatches(records, batchBytes, 200)];
  const last = Math.max(0, ...versions.map(({ version }) => version));
  const common = { ...toRecord(model), last_version: last };
  const aliases = model.aliases.map((each) => ({
    ...each,
    version_created: living.find(({ version }) => version === each.version)?.createdAt ?? null,
    was: mark?.aliases[each.alias] ?? null,
  }));
  const results: ImportResult[] = [];
  for (const [i, batch] of (batches.length === 0 ? [[]] : batches).entries()) {
    const isLast = i >= batches.length - 1;
    const unchanged = i > 0 || !isNew;
    const answer = await job.target.model(
      { ...common, unchanged, versions: [...batch], aliases: isLast ? aliases : [] },
      { signal: job.signal },
    );
    results.push(answer.model);
    job.reporter.count("versions", answer.versions);
  }
  job.reporter.count("models", [together(model.name, results)]);
  await remember(job, plan);
}

async function remember(job: ImportJob, { model, news }: ModelPlan): Promise<void> {
  const { signal } = job;
  for (let at = 0; at < news.length; at += 500) {
    const some = news.slice(at, at + 500);
    const marks = Object.fromEntries(some.map((version) => [versionId(model, version), digestOf(version)]));
    await job.target.putMarks("version", marks, { signal });
  }
  const aliases = Object.fromEntries(model.aliases.map(({ alias, version }) => [alias, version]));
  const mark = JSON.stringify({ info: digestOf(model), aliases } satisfies ModelMark);
  await job.target.putMarks("model", { [model.name]: mark }, { signal });
}

function together(id: string, results: readonly ImportResult[]): ImportResult {
  const outcomes = results.map(({ outcome }) => outcome);
  const outcome = outcomes.includes("created") ? "created" : outcomes.includes("changed") ? "changed" : "same";
  return { id, outcome, differences: results.flatMap(({ differences }) => differences) };
}

function toDryResult({ model, versionMarks }: ModelPlan, version: SourceVersion): ImportResult {
  const outcome = versionMarks[versionId(model, version)] === undefined ? "created" : "changed";
  return { id: `${model.name}@${version.version}`, outcome, differences: [] };
}

function parseMark(text: string | undefined): ModelMark | null {
  return text === undefined ? null : (JSON.parse(text) as ModelMark);
}

function toRecord(model: SourceModel) {
  return {
    name: model.name,
    description: model.description,
    creation_time: model.createdAt,
    last_updated_time: model.updatedAt,
    tags: model.tags.map(([key, value]) => [key, value] as [string, string]),
  };
}

const stages = ["None", "Staging", "Production", "Archived"] as const;

function toImported(job: ImportJob, model: SourceModel, version: SourceVersion): ImportedVersion {
  const id = `${model.name}@${version.version}`;
  const loggedModelId = loggedModelOf(version.source);
  // A logged model is known by its id, too.
  const old = version.storageLocation ?? loggedModelId ?? version.source;
  const place = findPlace(job.places, old);
  const isAddress = !/^(?:models|runs):/.test(version.source);
  // A prompt has words in place of an address.
  if (place === null && /[:/\\]/.test(old)) {
    const why = `they are of nothing that was imported, at ${withoutSecrets(version.storageLocation ?? version.source)}`;
    job.reporter.leftOut({ what: `the files of ${id}`, count: null, why });
  }
  const kept = place ?? version.storageLocation ?? version.source;
  return {
    version: version.version,
    description: version.description,
    user_id: version.userId,
    stage: stages.find((stage) => stage === version.stage) ?? "None",
    source: isAddress ? kept : version.source,
    storage_location: kept,
    run_id: version.runId,
    run_link: version.runLink,
    logged_model_id: loggedModelId,
    creation_time: version.createdAt,
    last_updated_time: version.updatedAt,
    tags: version.tags.map(([key, value]) => [key, value]),
  };
}

/** Where files of an old address are now; null where it is below nothing that was imported. */
export function findPlace(places: ReadonlyMap<string, string>, old: string): string | null {
  for (let root = old; root !== ""; root = root.slice(0, root.lastIndexOf("/"))) {
    const place = places.get(root);
    if (place !== undefined) return place + old.slice(root.length);
    if (!root.includes("/")) return null;
  }
  return null;
}
