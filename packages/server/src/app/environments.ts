import { join, resolve } from "node:path";
import type { Config } from "../config/index.ts";
import { createEnvironments, type Environments } from "../environments/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";

interface EnvironmentsGiven {
  readonly config: Config;
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The Python environments of this server, or those that it shares with others. */
export function openEnvironments({ config, folder, clock, logger }: EnvironmentsGiven): Environments {
  const { indexUrl, extraIndexUrl, findLinks, noIndex, proxy, caFile, pythonMirror } = config;
  const index = { indexUrl, extraIndexUrl, findLinks, noIndex, proxy, caFile, pythonMirror };
  return createEnvironments({ folder: resolve(config.envs ?? join(folder, "envs")), index, clock, logger });
}
