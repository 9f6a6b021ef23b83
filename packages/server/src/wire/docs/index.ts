import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { toOpenApi } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Http } from "../../platform/http/index.ts";
import { contentSecurityPolicy, renderPage, type Source } from "./page.ts";
import { createScalarScript } from "./scalar-script.ts";

export interface DocsDeps {
  readonly version: string;
  /** `/ml` where a proxy serves below a path; else "". */
  readonly basePath: string;
  readonly endpoints: Endpoints;
  /** Requests need a token. A page has none, so it then names no endpoint and shows the server's own document alone. */
  readonly secured: boolean;
}

const open = { config: { scope: "public" } };

/** `/openapi.json`, made of the contract's routes, and `/docs`, which shows it and the document of each endpoint. */
export function registerDocs(app: Http, { version, basePath, endpoints, secured }: DocsDeps): void {
  const script = createScalarScript();
  let document: string | null = null;
  app.get("/openapi.json", open, async (_request, reply) =>
    reply
      .type("application/json")
      .send((document ??= JSON.stringify(toOpenApi({ version, serverUrl: basePath === "" ? "/" : basePath })))),
  );
  app.get("/docs", open, async (_request, reply) =>
    reply
      .headers({
        "content-security-policy": contentSecurityPolicy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
      })
      .type("text/html; charset=utf-8")
      .send(renderPage(basePath, toSources(basePath, secured ? [] : listServing(endpoints)))),
  );
  app.get("/docs/scalar.js", open, async (request, reply) => {
    const gzipped = await script.gzipped();
    const compressed = /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
    if (compressed) reply.header("content-encoding", "gzip");
    return reply
      .headers({ "cache-control": "max-age=86400", vary: "accept-encoding", "x-content-type-options": "nosniff" })
      .type("text/javascript; charset=utf-8")
      .send(compressed ? gzipped : await promisify(gunzip)(gzipped));
  });
}

function listServing(endpoints: Endpoints): string[] {
  const routes = [...endpoints.snapshot().routes.values()];
  return routes.flatMap((route) => (route.loaded ? [route.endpoint] : [])).toSorted();
}

function toSources(basePath: string, endpoints: readonly string[]): Source[] {
  return [
    { title: "Slipway", slug: "slipway", url: `${basePath}/openapi.json` },
    ...endpoints.map((name) => ({
      title: name,
      slug: `endpoint-${name}`,
      url: `${basePath}/endpoints/${encodeURIComponent(name)}/openapi.json`,
    })),
  ];
}
