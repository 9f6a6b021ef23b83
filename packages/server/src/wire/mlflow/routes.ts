import type { Logger } from "../../kernel/logger.ts";
import type { Tracking } from "../../tracking/index.ts";
import { createExperimentRoutes } from "./experiment-handlers.ts";
import type { MlflowRoute } from "./route.ts";
import { createServerRoutes } from "./server-handlers.ts";

export interface MlflowDeps {
  readonly tracking: Tracking;
  readonly logger: Logger;
}

/** The whole table, the same below `/api`, `/ajax-api` and `/mlflow/`. */
export function createRoutes(deps: MlflowDeps): readonly MlflowRoute[] {
  return [...createServerRoutes(), ...createExperimentRoutes(deps)];
}
