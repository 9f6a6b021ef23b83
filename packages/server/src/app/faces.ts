import { slipwayVersion as version } from "@slipway/contract";
import type { Access, Audit } from "../access/index.ts";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Http } from "../platform/http/index.ts";
import { createProcessMetrics, type LogFile } from "../platform/telemetry/index.ts";
import { registerApi, registerUnknown, type ServerFacts } from "../wire/api/index.ts";
import { registerAuth } from "../wire/auth/index.ts";
import { registerDocs } from "../wire/docs/index.ts";
import { registerHealth } from "../wire/health/index.ts";
import { registerKserve } from "../wire/kserve/index.ts";
import { registerMetrics } from "../wire/metrics/index.ts";
import { registerMlflow, type MlflowUi } from "../wire/mlflow/index.ts";
import { registerOip } from "../wire/oip/index.ts";
import { registerScoring } from "../wire/scoring/index.ts";
import { createServedModels } from "../wire/served-models.ts";
import type { Capabilities } from "./capabilities.ts";
import type { HttpWorkers } from "./http-workers/http-workers.ts";
import { openHttp } from "./open-http.ts";

export interface FaceDeps extends Capabilities {
  readonly config: Config;
  readonly access: Access;
  readonly audit: Audit;
  /** Requests need a token. */
  readonly secured: boolean;
  readonly facts: ServerFacts;
  /** Null: this process answers alone. */
  readonly workers: HttpWorkers | null;
  readonly logFile: LogFile;
  /** Null: MLflow's UI is not served. */
  readonly mlflowUi: MlflowUi | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** The HTTP server with every protocol and page on it, not yet listening. */
export function createFaces(deps: FaceDeps): Http {
  const { clock, config, endpoints, predictions, registry, logger, lifecycle, secured } = deps;
  const { basePath, blobLimit } = config;
  const http = openHttp({ config, secured, logger });
  let serving = true;
  const ready = () => serving;
  const process = createProcessMetrics();
  lifecycle.onStop("metrics", () => process.stop());
  if (secured) registerAuth(http, deps.access);
  registerDocs(http, { version, basePath, endpoints, secured });
  const reports = deps.workers?.reports ?? null;
  registerApi(http, { ...deps, blobLimit, basePath, others: reports });
  const models = createServedModels({ endpoints, registry, batchRows: config.batchRows, others: reports });
  registerOip(http, { version, endpoints, models, logger, ready });
  registerKserve(http, { endpoints, logger });
  registerScoring(http, { endpoints, registry, defaultEndpoint: config.defaultEndpoint, logger });
  registerMlflow(http, { ...deps, ui: deps.mlflowUi, basePath, requestTimeoutMs: config.requestTimeout });
  const others = deps.workers?.metrics ?? null;
  const { access, retention, monitoring, rollouts } = deps;
  registerMetrics(http, { endpoints, predictions, retention, access, monitoring, rollouts, process, clock, others });
  registerUnknown(http, logger);
  // Where MLflow's client says that a run can be seen is a fragment of this path.
  const home = deps.mlflowUi === null ? "/docs" : "/mlflow/";
  registerHealth(http, { endpoints, basePath, home, ready });
  lifecycle.onStop("http", () => http.close(), config.drainTimeout);
  lifecycle.onStop("ready", () => void (serving = false));
  return http;
}
