import { join } from "node:path";
import { createEnvironments, type Environments, type IndexSettings } from "../environments/index.ts";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";

/** Nothing but what everybody uses. */
export const pypi: IndexSettings = {
  indexUrl: null,
  extraIndexUrl: null,
  findLinks: null,
  noIndex: false,
  proxy: null,
  caFile: null,
  pythonMirror: null,
};

interface EnvironmentsGiven {
  readonly config: Config;
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The Python environments of this server, or those that it shares with others. */
export function openEnvironments({ folder, clock, logger }: EnvironmentsGiven): Environments {
  return createEnvironments({ folder: join(folder, "envs"), index: pypi, clock, logger });
}
