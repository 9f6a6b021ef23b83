export { lakeConsumer } from "./compaction.ts";
export { createPredictionLake, type PredictionLakeDeps } from "./create-prediction-lake.ts";
export type { LakeFile, LakeFileFilter, NewLakeFile, WrittenFile } from "./lake-file.ts";
export type { LakeChange, LakeStats, LakeWriter, PredictionLake } from "./prediction-lake.ts";
export { defaultLimits, toViewFiles } from "./queries.ts";
export type { LakeQuery, QueryResult } from "./query.ts";
export { lakeMigrations } from "./migrations.ts";
export type { LakeTables } from "./store.ts";
export type { ViewFiles } from "./views.ts";
