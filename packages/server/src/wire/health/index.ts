import type { Endpoints } from "../../endpoints/index.ts";
import type { Http } from "../../platform/http/index.ts";

export interface HealthDeps {
  readonly endpoints: Endpoints;
  readonly basePath: string;
  /** Where a browser goes from `/`. */
  readonly home: "/docs" | "/mlflow/";
  /** False before the first sync and once the server is draining. */
  ready(): boolean;
}

const open = { config: { scope: "public" } };

/** `/health` for simple probes, `/health/live` and `/health/ready` with reasons, and what stands at `/`. */
export function registerHealth(app: Http, deps: HealthDeps): void {
  app.get("/health", open, async (_request, reply) => reply.type("text/plain").send("OK"));
  app.get("/health/live", open, async () => ({ live: true }));
  app.get("/health/ready", open, async (_request, reply) => {
    const waiting = [...deps.endpoints.snapshot().routes.values()]
      .filter((route) => route.spec.target && !route.loaded && route.stop === null)
      .map((route) => ({ endpoint: route.endpoint, reason: route.failure }));
    // An endpoint that does not load is reported and does not take the others out of traffic with it.
    const ready = deps.ready();
    return reply.status(ready ? 200 : 503).send({ ready, not_serving: waiting });
  });
  app.get("/", open, async (request, reply) =>
    request.headers.accept?.includes("text/html")
      ? reply.redirect(`${deps.basePath}${deps.home}`)
      : reply.send({ status: "alive" }),
  );
}
