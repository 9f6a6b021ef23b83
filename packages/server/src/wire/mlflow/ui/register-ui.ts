import { createReadStream } from "node:fs";
import { extname } from "node:path";
import type { FastifyReply } from "fastify";
import type { Http } from "../../../platform/http/index.ts";
import type { MlflowUi } from "./find-ui.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".gif": "image/gif",
  ".jpg": "image/jpeg",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
};

/** Scripts of MLflow make functions of texts and frame artifacts; nothing is fetched from elsewhere. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-eval' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
].join("; ");

/**
 * The page at `/mlflow/`; the API that it asks lies below the same path. On a server with tokens a browser asks for one, as the
 * password of whatever user, and sends it from then on; the files themselves are anybody's.
 */
export function registerMlflowUi(
  app: Http,
  { ui, basePath }: { readonly ui: MlflowUi; readonly basePath: string },
): void {
  app.get("/mlflow/", { config: { scope: "read" } }, async (request, reply) =>
    request.originalUrl.split("?")[0]!.endsWith("/")
      ? send(ui, "index.html", reply.header("content-security-policy", policy))
      : reply.redirect(`${basePath}/mlflow/`),
  );
  app.get("/mlflow/static-files/*", { config: { scope: "public" } }, async (request, reply) =>
    send(ui, (request.params as { readonly "*": string })["*"], reply),
  );
}

function send(ui: MlflowUi, name: string, reply: FastifyReply): FastifyReply {
  const path = ui.files.get(name);
  if (path === undefined) return reply.status(404).type("text/plain").send(`MLflow's UI has no file ${name}.\n`);
  return reply
    .type(types[extname(name)] ?? "application/octet-stream")
    .header("cache-control", name.startsWith("static/") ? "max-age=86400" : "no-cache")
    .header("x-content-type-options", "nosniff")
    .send(createReadStream(path));
}
