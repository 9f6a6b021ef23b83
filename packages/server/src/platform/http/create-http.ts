import { readFileSync } from "node:fs";
import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { checkOrigin } from "./guard.ts";
import { answerClientError } from "./long-body.ts";
import { createReceiveBody, type ReceiveOptions } from "./receive-body.ts";

export type Http = FastifyInstance;

export interface HttpOptions extends Pick<ReceiveOptions, "alignAt"> {
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Refuse foreign hosts and origins: a server on loopback without tokens. */
  readonly loopbackOnly: boolean;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** `/ml` where a proxy serves below a path; requests may come with or without it. */
  readonly basePath: string;
  /** What a path is called here, for those that have several names; what is behind it, such as a query, stays as it is. */
  readonly canonicalPath: (url: string) => string;
  /** Answers a request that no route can take, because its path is not well formed. */
  readonly onBrokenRequest: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/**
 * An HTTP server that keeps every body as bytes, whatever its content type and without its content coding, and never logs by itself. What an error looks like
 * is the business of each wire folder.
 */
export function createHttp(options: HttpOptions): Http {
  // How often Node looks for requests that take too long; every 30 s by itself.
  const connectionsCheckingInterval = Math.min(5_000, Math.max(100, options.requestTimeoutMs / 4));
  const https = options.tls
    ? { cert: readFileSync(options.tls.cert), key: readFileSync(options.tls.key), connectionsCheckingInterval }
    : null;
  const settings: FastifyServerOptions = {
    bodyLimit: options.bodyLimit,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: options.idleTimeoutMs,
    forceCloseConnections: "idle",
    // Only an error needs an id that is told, and it makes its own.
    genReqId: () => "",
    logger: false,
    frameworkErrors: options.onBrokenRequest,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true },
  };
  const { basePath, canonicalPath } = options;
  settings.rewriteUrl =
    basePath === ""
      ? (request) => canonicalPath(request.url ?? "/")
      : (request) => canonicalPath(withoutBase(request.url ?? "/", basePath));
  // One type for both: what differs is the type of the socket, which nobody here looks at.
  const app = (
    https ? fastify({ ...settings, https } as object) : fastify({ ...settings, http: { connectionsCheckingInterval } })
  ) as FastifyInstance;
  app.server.headersTimeout = Math.min(options.requestTimeoutMs, 15_000);
  // A client that keeps its connection would hold up the end: once it is near, each goes with its answer.
  app.addHook("preClose", (done) => {
    app.server.keepAliveTimeout = 1;
    app.server.keepAliveTimeoutBuffer = 0;
    done();
  });
  app.decorateRequest("callerName", null);
  app.removeAllContentTypeParsers();
  const receive = createReceiveBody({ limit: options.bodyLimit, alignAt: options.alignAt });
  // The first two are found without parsing the header.
  for (const type of ["application/json", "application/octet-stream", "*"]) app.addContentTypeParser(type, receive);
  if (options.loopbackOnly)
    app.addHook("onRequest", (request, _reply, done) => {
      try {
        checkOrigin(request.headers);
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  return app;
}

function withoutBase(url: string, base: string): string {
  if (!url.startsWith(base)) return url;
  const rest = url.slice(base.length);
  return rest === "" || rest.startsWith("?") ? `/${rest}` : rest.startsWith("/") ? rest : url;
}
