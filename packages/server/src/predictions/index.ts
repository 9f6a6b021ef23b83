export type { Feed, FeedChunk } from "./feed.ts";
export type { FindPrediction, ListPredictions } from "./look-up.ts";
export { createPredictionLog, type PredictionLog, type PredictionLogDeps } from "./prediction-log.ts";
export type { ReplayFound, ReplayRequest, ReplaySelection } from "./replay/messages.ts";
export type { Refusal, ReplayRefusal } from "./replay/reasons.ts";
export type { ReplayThread } from "./replay/replay-thread.ts";
export type { OutputTally, ReplayExample } from "./replay/tally.ts";
