import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { HttpWorkers } from "./http-workers/http-workers.ts";
import type { Storage } from "./storage.ts";

export interface CapabilityDeps {
  readonly config: Config;
  readonly storage: Storage;
  /** UUIDv7 of this start. */
  readonly instance: string;
  /** Null: this process answers alone. */
  readonly workers: HttpWorkers | null;
  /** Where this server answers; empty until it listens. */
  readonly url: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}
