import { route, type MlflowRoute } from "../route.ts";

/** What MLflow's UI asks for beside the API, of things that are not here. */
export function createUiRoutes(): readonly MlflowRoute[] {
  return [
    route({
      method: "GET",
      path: "/mlflow/ui-telemetry",
      version: "3.0",
      scope: "public",
      fields: {},
      handler: async () => ({ disable_telemetry: true }),
    }),
    route({
      method: "GET",
      path: "/mlflow/gateway-proxy",
      scope: "read",
      fields: {},
      handler: async () => ({ endpoints: [] }),
    }),
  ];
}
