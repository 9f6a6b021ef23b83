import type { Signature } from "@slipway/runtime";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { Slice } from "../profiles/slices.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import type { Estimator } from "./estimator.ts";

export interface KnownEstimator {
  /** Of the reference that it was learned from. */
  readonly id: string;
  /** Null: the reference has no labels, or none that fit. */
  readonly estimator: Estimator | null;
}

export interface PerformanceDeps {
  readonly sql: Sql;
  readonly lake: Pick<PredictionLake, "flush" | "listFiles" | "readViews">;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  /** Null: there is no reference yet. */
  readonly findEstimator: (watched: Watched) => Promise<KnownEstimator | null>;
  /** Named parts of the traffic, but for the whole. */
  readonly listSlices: (watched: Watched, settings: MonitorSettings) => Promise<readonly Slice[]>;
  /** Null: not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
