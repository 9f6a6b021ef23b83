import { SlipwayError } from "@slipway/contract";
import type { Endpoints, Route } from "../../endpoints/index.ts";
import type { Http } from "../../platform/http/index.ts";
import { toEndpointOpenApi } from "./endpoint-openapi.ts";

const infers = { config: { scope: "infer" } };

/** `/endpoints/NAME/{ping,version,openapi.json}`; predict is registered with the API's own. */
export function registerEndpointPaths(
  app: Http,
  { endpoints, basePath }: { endpoints: Endpoints; basePath: string },
): void {
  function requireRoute(name: string): Route {
    const route = endpoints.snapshot().routes.get(name);
    if (route?.spec.target) return route;
    throw new SlipwayError("endpoint_not_found", `There is no endpoint ${JSON.stringify(name)} in service.`, {
      endpoint: name,
    });
  }
  function requireLoaded(name: string) {
    const route = requireRoute(name);
    if (!route.loaded) throw new SlipwayError("not_ready", `${name} cannot answer: ${route.failure}`);
    return { route, loaded: route.loaded };
  }
  app.get<{ Params: { endpoint: string } }>("/endpoints/:endpoint/ping", infers, async ({ params }) => {
    requireLoaded(params.endpoint);
    return { status: "ready" };
  });
  app.get<{ Params: { endpoint: string } }>(
    "/endpoints/:endpoint/version",
    infers,
    async ({ params }) => requireRoute(params.endpoint).spec.target,
  );
  app.get<{ Params: { endpoint: string } }>("/endpoints/:endpoint/openapi.json", infers, async ({ params }) => {
    const { route, loaded } = requireLoaded(params.endpoint);
    return toEndpointOpenApi(route, loaded.signature, basePath);
  });
}
