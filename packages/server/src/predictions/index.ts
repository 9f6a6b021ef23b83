export { createErasures, type EraseOptions, type Erasures } from "./erase/erasures.ts";
export { erasureMigrations } from "./erase/migrations.ts";
export { createExports, type Exports } from "./export/exports.ts";
export { exportMigrations } from "./export/migrations.ts";
export type { Feed, FeedChunk } from "./feed.ts";
export { createLabels, labelMigrations, type Labels, type ListedLabel, type PullState } from "./labels/index.ts";
export {
  createPredictionLake,
  lakeMigrations,
  type LakeQuery,
  type PredictionLake,
  type QueryResult,
  toColumns,
  type ViewsContext,
  type ViewsOf,
} from "./lake/index.ts";
export { createImportRows, type ImportRows } from "./import/import-rows.ts";
export { fits, type ShownModel } from "./import/signature.ts";
export type { FindPrediction, ListPredictions } from "./look-up.ts";
export { createInstanceLog, type InstanceLog } from "./instance-log.ts";
export { createPredictionLog, type LogPeers, type PredictionLog, type PredictionLogDeps } from "./prediction-log.ts";
export { recoverLog } from "./recover-log.ts";
export type { ReplayFound, ReplayRequest, ReplaySelection } from "./replay/messages.ts";
export type { Refusal, ReplayRefusal } from "./replay/reasons.ts";
export type { ReplayThread } from "./replay/replay-thread.ts";
export type { OutputTally, ReplayExample } from "./replay/tally.ts";
export { createRetention, type Retention } from "./retention/retention.ts";
