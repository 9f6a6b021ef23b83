import { comparisonRoutes } from "./routes/comparisons.ts";
import { abRoutes } from "./routes/ab.ts";
import { deployRoutes } from "./routes/deploy.ts";
import { endpointsRoutes } from "./routes/endpoints.ts";
import { environmentsRoutes } from "./routes/environments.ts";
import { incidentsRoutes } from "./routes/incidents.ts";
import { maintenanceRoutes } from "./routes/maintenance.ts";
import { labelsRoutes } from "./routes/labels.ts";
import { monitoringRoutes } from "./routes/monitoring.ts";
import { mlflowImportRoutes } from "./routes/mlflow-import.ts";
import { modelsRoutes } from "./routes/models.ts";
import { predictionsRoutes } from "./routes/predictions.ts";
import { rolloutsRoutes } from "./routes/rollouts.ts";
import { runRemovalRoutes } from "./routes/run-removal.ts";
import { serverRoutes } from "./routes/server.ts";
import { trackingRoutes } from "./routes/tracking.ts";
import type { RouteSpec } from "./routes/route-spec.ts";

export type { RouteSpec, Scope } from "./routes/route-spec.ts";

/** The whole of `/api/v1`: the server registers exactly these, the OpenAPI document is made of them. */
export const routes = {
  ...serverRoutes,
  ...deployRoutes,
  ...modelsRoutes,
  ...endpointsRoutes,
  ...predictionsRoutes,
  ...labelsRoutes,
  ...monitoringRoutes,
  ...incidentsRoutes,
  ...rolloutsRoutes,
  ...abRoutes,
  ...maintenanceRoutes,
  ...comparisonRoutes,
  ...environmentsRoutes,
  ...mlflowImportRoutes,
  ...trackingRoutes,
  ...runRemovalRoutes,
} as const satisfies Record<string, RouteSpec>;

export type RouteId = keyof typeof routes;
export const routeTable: Readonly<Record<RouteId, RouteSpec>> = routes;
