import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import { createServing, type Serving } from "../serving/index.ts";
import type { ModelRuntimes } from "./runtimes.ts";

export interface ServingGiven {
  readonly config: Config;
  /** The data folder. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly runtimes: ModelRuntimes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** What runs models, in each process that answers. */
export function openServing({ config, folder, blobs, runtimes, clock, logger, lifecycle }: ServingGiven): Serving {
  const serving = createServing({
    folder: join(folder, "loaded"),
    blobs,
    findRuntime: runtimes.find,
    batchRows: config.batchRows,
    loadTimeoutMs: config.loadTimeout,
    clock,
    logger,
  });
  lifecycle.onStop("serving", () => serving.close());
  return serving;
}
