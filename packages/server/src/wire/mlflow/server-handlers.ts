import { route, type MlflowRoute } from "./route.ts";

export function createServerRoutes(): readonly MlflowRoute[] {
  return [
    route({
      method: "GET",
      path: "/mlflow/server-info",
      version: "3.0",
      scope: "public",
      fields: {},
      handler: async () => ({
        store_type: "SqlStore",
        workspaces_enabled: false,
        trace_archival_enabled: false,
        multipart_uploads_enabled: true,
        multipart_downloads_enabled: false,
        features_enabled: { gateway: false },
      }),
    }),
  ];
}
