import type { ProcessUser } from "@slipway/runtime";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake, PredictionLog } from "../../predictions/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { Serving } from "../../serving/index.ts";
import type { GateFiles } from "./gate-files.ts";

export interface GatesDeps {
  /** The data folder. */
  readonly folder: string;
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly endpoints: Pick<Endpoints, "snapshot" | "require">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where commands reach this server. */
  readonly url: () => string;
  readonly files: GateFiles;
  /** Whom commands run as; null: whom the server runs as. */
  readonly user: ProcessUser | null;
}
