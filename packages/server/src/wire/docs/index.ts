import { toOpenApi } from "@slipway/contract";
import type { Http } from "../../platform/http/index.ts";

/** `/openapi.json`, made of the contract's routes. */
export function registerDocs(app: Http, facts: { version: string; serverUrl: string }): void {
  let document: string | null = null;
  app.get("/openapi.json", { config: { scope: "public" } }, async (_request, reply) =>
    reply.type("application/json").send((document ??= JSON.stringify(toOpenApi(facts)))),
  );
}
