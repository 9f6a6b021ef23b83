import type { Endpoints } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Registry, Sources, Webhooks } from "../../registry/index.ts";
import type { Artifacts, Tracking } from "../../tracking/index.ts";
import { createAliasRoutes } from "./alias-handlers.ts";
import { createArtifactRoutes } from "./artifact-handlers.ts";
import { createExperimentRoutes } from "./experiment-handlers.ts";
import { createLogRoutes } from "./log-handlers.ts";
import { createLoggedModelRoutes } from "./logged-model-handlers.ts";
import { createModelVersionRoutes } from "./model-version-handlers.ts";
import { createRegisteredModelRoutes } from "./registered-model-handlers.ts";
import type { MlflowRoute } from "./route.ts";
import { createRunRoutes } from "./run-handlers.ts";
import { createSearchRoutes } from "./search-handlers.ts";
import { createServerRoutes } from "./server-handlers.ts";
import { createWebhookRoutes } from "./webhook-handlers.ts";

export interface MlflowDeps {
  readonly tracking: Tracking;
  readonly artifacts: Artifacts;
  readonly registry: Registry;
  readonly sources: Sources;
  readonly endpoints: Endpoints;
  readonly webhooks: Webhooks;
  readonly logger: Logger;
}

/** The whole table, the same below `/api`, `/ajax-api` and `/mlflow/`. */
export function createRoutes(deps: MlflowDeps): readonly MlflowRoute[] {
  return [
    ...createServerRoutes(),
    ...createExperimentRoutes(deps),
    ...createRunRoutes(deps),
    ...createLogRoutes(deps),
    ...createLoggedModelRoutes(deps),
    ...createSearchRoutes(deps),
    ...createArtifactRoutes(deps),
    ...createRegisteredModelRoutes(deps),
    ...createAliasRoutes(deps),
    ...createModelVersionRoutes(deps),
    ...createWebhookRoutes(deps),
  ];
}
