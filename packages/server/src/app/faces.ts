import { slipwayVersion as version } from "@slipway/contract";
import type { Access, Audit } from "../access/index.ts";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import { createHttp, type Http } from "../platform/http/index.ts";
import { createProcessMetrics, type LogFile } from "../platform/telemetry/index.ts";
import { registerApi, registerUnknown, sendProblem, type ServerFacts } from "../wire/api/index.ts";
import { registerAuth } from "../wire/auth/index.ts";
import { registerDocs } from "../wire/docs/index.ts";
import { sendErrorText } from "../wire/error-answer.ts";
import { registerHealth } from "../wire/health/index.ts";
import { registerKserve } from "../wire/kserve/index.ts";
import { registerMetrics } from "../wire/metrics/index.ts";
import { registerOip } from "../wire/oip/index.ts";
import { registerScoring, sendScoringError } from "../wire/scoring/index.ts";
import { createServedModels } from "../wire/served-models.ts";
import type { Capabilities } from "./capabilities.ts";

export interface FaceDeps extends Capabilities {
  readonly config: Config;
  readonly access: Access;
  readonly audit: Audit;
  /** Requests need a token. */
  readonly secured: boolean;
  readonly facts: ServerFacts;
  readonly logFile: LogFile;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** The HTTP server with every protocol and page on it, not yet listening. */
export function createFaces(deps: FaceDeps): Http {
  const { clock, config, endpoints, predictions, registry, logger, lifecycle, secured } = deps;
  const { basePath, blobLimit, tlsCert, tlsKey } = config;
  const http = createHttp({
    bodyLimit: config.bodyLimit,
    alignAt: (headers) => Number(headers["inference-header-content-length"]) || 0,
    requestTimeoutMs: config.requestTimeout,
    idleTimeoutMs: config.idleTimeout,
    loopbackOnly: !secured,
    tls: tlsCert === null || tlsKey === null ? null : { cert: tlsCert, key: tlsKey },
    basePath,
    onBrokenRequest: (error, request, reply) => brokenRequestFace(request.url)(error, reply, logger),
  });
  let serving = true;
  const ready = () => serving;
  const process = createProcessMetrics();
  lifecycle.onStop("metrics", () => process.stop());
  if (secured) registerAuth(http, deps.access);
  registerDocs(http, { version, basePath, endpoints, secured });
  registerApi(http, { ...deps, blobLimit, basePath });
  const models = createServedModels({ endpoints, registry, batchRows: config.batchRows });
  registerOip(http, { version, endpoints, models, logger, ready });
  registerKserve(http, { endpoints, logger });
  registerScoring(http, { endpoints, registry, defaultEndpoint: config.defaultEndpoint, logger });
  registerMetrics(http, { endpoints, predictions, retention: deps.retention, process, clock });
  registerUnknown(http, logger);
  registerHealth(http, { endpoints, basePath, ready });
  lifecycle.onStop("http", () => http.close(), config.drainTimeout);
  lifecycle.onStop("ready", () => void (serving = false));
  return http;
}

/** Whose errors a request gets that no route ever sees, such as one whose path is not well formed. */
function brokenRequestFace(url: string): typeof sendProblem {
  if (url.startsWith("/v2/") || url.startsWith("/v1/")) return sendErrorText;
  return /^\/endpoints\/[^?]*\/invocations\b/.test(url) ? sendScoringError : sendProblem;
}
