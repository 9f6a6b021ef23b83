import type { Signature } from "@slipway/runtime";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { Reference } from "../reference/reference.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";

/** What performance needs of a reference. */
export type KnownReference = Pick<Reference, "id" | "profile" | "estimator" | "importance">;

export interface PerformanceDeps {
  readonly sql: Sql;
  readonly lake: Pick<PredictionLake, "flush" | "listFiles" | "readViews">;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  /** Null: there is none yet. */
  readonly findReference: (watched: Watched) => Promise<KnownReference | null>;
  /** Null: not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
