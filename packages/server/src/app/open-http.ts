import type { Config } from "../config/index.ts";
import type { Logger } from "../kernel/logger.ts";
import { createHttp, type Http } from "../platform/http/index.ts";
import { sendProblem } from "../wire/api/index.ts";
import { sendErrorText } from "../wire/error-answer.ts";
import { sendMlflowError, toMlflowPath } from "../wire/mlflow/index.ts";
import { sendScoringError } from "../wire/scoring/index.ts";

export interface HttpGiven {
  readonly config: Config;
  /** Requests need a token. */
  readonly secured: boolean;
  readonly logger: Logger;
}

/** The HTTP server of a configuration, with nothing on it yet. */
export function openHttp({ config, secured, logger }: HttpGiven): Http {
  const { tlsCert, tlsKey } = config;
  return createHttp({
    bodyLimit: config.bodyLimit,
    alignAt: (headers) => Number(headers["inference-header-content-length"]) || 0,
    requestTimeoutMs: config.requestTimeout,
    idleTimeoutMs: config.idleTimeout,
    loopbackOnly: !secured,
    tls: tlsCert === null || tlsKey === null ? null : { cert: tlsCert, key: tlsKey },
    basePath: config.basePath,
    canonicalPath: toMlflowPath,
    onBrokenRequest: (error, request, reply) => brokenRequestFace(request.url)(error, reply, logger),
  });
}

/** Whose errors a request gets that no route ever sees, such as one whose path is not well formed. */
function brokenRequestFace(url: string): typeof sendProblem {
  if (url.startsWith("/v2/") || url.startsWith("/v1/")) return sendErrorText;
  if (/^\/(?:mlflow\/)?(?:ajax-)?api\/[23]\.0/.test(url)) return sendMlflowError;
  return /^\/endpoints\/[^?]*\/invocations\b/.test(url) ? sendScoringError : sendProblem;
}
