export {
  findArtifactFolder,
  joinArtifactPath,
  parseArtifactFile,
  parseArtifactPath,
} from "./artifacts/artifact-path.ts";
export { createArtifacts, type ArtifactDeps, type Artifacts, type PutArtifact } from "./artifacts/artifacts.ts";
export { artifactMigrations } from "./artifacts/migrations.ts";
export type { ArtifactFile, StoredArtifact } from "./artifacts/tasks.ts";
export type { ListedArtifact } from "./artifacts/version-folders.ts";
export type { ExperimentJson } from "./experiments/experiment.ts";
export type { ExperimentOrder, Experiments } from "./experiments/experiments.ts";
export { textOperators } from "./filter/compare.ts";
export { keyedFields, namedFields, type Field, type FilterEntity } from "./filter/entity.ts";
export { integerColumn, keyedText, textColumn } from "./filter/fields.ts";
export type { Filter } from "./filter/filter.ts";
export { all, joined, plain, sql, type Fragment } from "./filter/fragment.ts";
export { parseOrderBy } from "./filter/order-by.ts";
export { parseFilter } from "./filter/parse-filter.ts";
export { toCondition } from "./filter/to-condition.ts";
export type { KeyValue } from "./key-value.ts";
export type { LoggedModelJson, LoggedModelStatus } from "./logged-models/logged-model.ts";
export type { LoggedModels } from "./logged-models/logged-models.ts";
export {
  createRemoval,
  type Collected,
  type CollectHow,
  type MoveHow,
  type Origins,
  type Removal,
  type RemovalDeps,
  type RunsChosen,
} from "./removal/removal.ts";
export { trackingMigrations } from "./migrations.ts";
export { checkKey, checkLength } from "./limits.ts";
export { createRequests, type RequestMark, type Requests } from "./requests.ts";
export type { LoggedMetric } from "./runs/batch.ts";
export type { RunJson } from "./runs/run-json.ts";
export type { Runs } from "./runs/runs.ts";
export { createTracking, type Tracking, type TrackingDeps } from "./tracking.ts";
export { importMigrations } from "./import/migrations.ts";
export { createMlflowImports, type MlflowImports } from "./import/mlflow-imports.ts";
export type { View } from "./search/limits.ts";
