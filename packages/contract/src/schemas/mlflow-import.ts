import { z } from "zod";

// What `slipway import mlflow` hands over, with the ids and the times of the old server.

const time = z.int().nullable().meta({ description: "Milliseconds since 1970" });
const pairs = z.array(z.tuple([z.string(), z.string()])).meta({ description: "Keys and values" });
const lifecycle = z.enum(["active", "deleted"]);
const runId = z.string().regex(/^[a-zA-Z0-9][\w-]{0,255}$/);
const experimentId = z.string().regex(/^\d{1,15}$/);
/** A place of its own that stays; null: on this server. */
const ownPlace = z.string().max(2000).nullable();

const highestVersion = 1_000_000_000;

export const importKinds = ["experiment", "run", "logged_model", "model", "version"] as const;
export const importKind = z.enum(importKinds);
export type ImportKind = z.infer<typeof importKind>;

export const importState = z.strictObject({
  kind: importKind,
  ids: z.array(z.string().max(1000)).max(1000),
});
export type ImportState = z.infer<typeof importState>;

export const importStateAnswer = z.object({
  marks: z.record(z.string(), z.string()).meta({ description: "What the last whole import of each said; by id" }),
});
export type ImportStateAnswer = z.infer<typeof importStateAnswer>;

export const importMarks = z.strictObject({
  kind: importKind,
  marks: z.record(z.string().max(1000), z.string().max(1_000_000)),
});
export type ImportMarks = z.infer<typeof importMarks>;

export const importOutcomes = ["created", "changed", "same"] as const;
const outcome = z.enum(importOutcomes);
export type ImportOutcome = z.infer<typeof outcome>;

/** What was done with one record. */
const result = z.object({
  id: z.string(),
  outcome,
  differences: z.array(z.string()).meta({ description: "What stays here otherwise than it is there" }),
});
export type ImportResult = z.infer<typeof result>;
export const importResults = z.object({ results: z.array(result) });
export type ImportResults = z.infer<typeof importResults>;

const experiment = z.strictObject({
  source_id: z.string(),
  experiment_id: experimentId.nullable().meta({ description: "What an earlier import made of it" }),
  unchanged: z.boolean().meta({ description: "Since that import; only looked for where it is gone" }),
  name: z.string().min(1).max(500),
  artifact_location: ownPlace,
  lifecycle_stage: lifecycle,
  creation_time: time,
  last_update_time: time,
  tags: pairs,
});
export const importExperiments = z.strictObject({
  experiments: z.array(experiment).max(1000),
  dry_run: z.boolean().default(false),
});
export type ImportExperiments = z.infer<typeof importExperiments>;
export type ImportedExperiment = ImportExperiments["experiments"][number];
export const importExperimentsAnswer = z.object({
  experiments: z.array(
    result.extend({ experiment_id: z.string().nullable().meta({ description: "Null: not made yet, in a dry run" }) }),
  ),
});
export type ImportExperimentsAnswer = z.infer<typeof importExperimentsAnswer>;

const dataset = z.strictObject({
  name: z.string(),
  digest: z.string(),
  source_type: z.string(),
  source: z.string(),
  schema: z.string().nullable(),
  profile: z.string().nullable(),
  tags: pairs,
});

const run = z.strictObject({
  run_id: runId,
  experiment_id: experimentId,
  name: z.string(),
  user_id: z.string(),
  status: z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]),
  start_time: time,
  end_time: time,
  lifecycle_stage: lifecycle,
  deleted_at: time,
  artifact_uri: ownPlace,
  params: pairs,
  tags: pairs,
  datasets: z.array(dataset),
  model_inputs: z.array(z.string()),
  model_outputs: z.array(z.strictObject({ model_id: z.string(), step: z.int() })),
});
export const importRuns = z.strictObject({ runs: z.array(run).max(1000) });
export type ImportRuns = z.infer<typeof importRuns>;
export type ImportedRun = ImportRuns["runs"][number];

const series = z.strictObject({
  run_id: runId,
  key: z.string(),
  timestamps: z.array(z.int()),
  steps: z.array(z.int()),
  values: z.array(z.number().nullable()).meta({ description: "Null is NaN" }),
});
export const importPoints = z.strictObject({
  series: z.array(series).max(5000).meta({ description: "At most 5,000 points in all" }),
});
export type ImportPoints = z.infer<typeof importPoints>;
export const importPointsAnswer = z.object({ points: z.int() });
export type ImportPointsAnswer = z.infer<typeof importPointsAnswer>;

const modelMetric = z.strictObject({
  key: z.string(),
  value: z.number().nullable(),
  timestamp: z.int(),
  step: z.int(),
  run_id: z.string(),
  dataset_name: z.string().nullable(),
  dataset_digest: z.string().nullable(),
});

const loggedModel = z.strictObject({
  model_id: z.string().regex(/^m-[\w-]{1,253}$/),
  experiment_id: experimentId,
  name: z.string(),
  artifact_uri: ownPlace,
  status: z.enum(["LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"]),
  status_message: z.string().nullable(),
  model_type: z.string(),
  source_run_id: z.string(),
  creation_time: z.int(),
  last_updated_time: z.int(),
  lifecycle_stage: lifecycle,
  params: pairs,
  tags: pairs,
  metrics: z.array(modelMetric),
});
export const importLoggedModels = z.strictObject({ logged_models: z.array(loggedModel).max(1000) });
export type ImportLoggedModels = z.infer<typeof importLoggedModels>;
export type ImportedLoggedModel = ImportLoggedModels["logged_models"][number];

const version = z.strictObject({
  version: z.int().min(1).max(highestVersion),
  description: z.string().nullable(),
  user_id: z.string().nullable(),
  stage: z.enum(["None", "Staging", "Production", "Archived"]),
  source: z.string(),
  storage_location: z.string().nullable(),
  run_id: z.string().nullable(),
  run_link: z.string().nullable(),
  logged_model_id: z.string().nullable(),
  creation_time: z.int(),
  last_updated_time: z.int(),
  tags: pairs,
});
const alias = z.strictObject({
  alias: z.string(),
  version: z.int(),
  version_created: z.int().nullable().meta({ description: "Tells whether the version of this number is the same one" }),
  was: z.int().nullable().meta({ description: "Where the last import left it; moved only where it still is there" }),
});
export const importModel = z.strictObject({
  name: z.string().min(1).max(256),
  description: z.string().nullable(),
  creation_time: z.int(),
  last_updated_time: z.int(),
  tags: pairs,
  unchanged: z
    .boolean()
    .meta({ description: "The model itself, since the last import; its versions may have changed" }),
  last_version: z.int().min(0).max(highestVersion).meta({ description: "The highest number that was ever given" }),
  versions: z.array(version).max(1000),
  aliases: z.array(alias),
});
export type ImportModel = z.infer<typeof importModel>;
export type ImportedVersion = ImportModel["versions"][number];
export const importModelAnswer = z.object({
  model: result,
  versions: z.array(result),
});
export type ImportModelAnswer = z.infer<typeof importModelAnswer>;

export const importArtifacts = z.strictObject({
  folder: z.string().max(2000).meta({ description: "`EXPERIMENT/RUN/artifacts` or `EXPERIMENT/models/ID/artifacts`" }),
});
export type ImportArtifacts = z.infer<typeof importArtifacts>;
export const importArtifactsAnswer = z.object({
  files: z.array(z.object({ path: z.string(), sha256: z.string(), size: z.int() })),
});
export type ImportArtifactsAnswer = z.infer<typeof importArtifactsAnswer>;
