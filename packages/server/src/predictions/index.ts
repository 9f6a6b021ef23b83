export type { Feed, FeedChunk } from "./feed.ts";
export type { FindPrediction, ListPredictions } from "./look-up.ts";
export { createPredictionLog, type PredictionLog, type PredictionLogDeps } from "./prediction-log.ts";
