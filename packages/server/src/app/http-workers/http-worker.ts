import { join } from "node:path";
import { createAccess } from "../../access/index.ts";
import type { Config } from "../../config/index.ts";
import { createFollower, type Follower } from "../../endpoints/index.ts";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { createLifecycle, type Lifecycle } from "../../kernel/lifecycle.ts";
import type { Logger } from "../../kernel/logger.ts";
import { createBlobStore } from "../../platform/blobs/index.ts";
import { createRelay, type Http } from "../../platform/http/index.ts";
import { joinFolder, openSqlite, type Sql } from "../../platform/sql/index.ts";
import { createLogger, createProcessMetrics } from "../../platform/telemetry/index.ts";
import { createInstanceLog } from "../../predictions/index.ts";
import { createRegistry, type Registry } from "../../registry/index.ts";
import { registerPredict, registerUnknown, sendProblem } from "../../wire/api/index.ts";
import { registerAuth } from "../../wire/auth/index.ts";
import { registerKserve } from "../../wire/kserve/index.ts";
import { renderMetrics } from "../../wire/metrics/index.ts";
import { registerOipInfer } from "../../wire/oip/register-infer.ts";
import { registerRelay } from "../../wire/relay/index.ts";
import { registerScoring } from "../../wire/scoring/index.ts";
import { createServedModels } from "../../wire/served-models.ts";
import type { WorkerMethods, WorkerSetup } from "./worker-calls.ts";
import { listenShared } from "../listen.ts";
import { toLogSettings } from "../log-settings.ts";
import { openHttp } from "../open-http.ts";
import { openEnvironments } from "../environments.ts";
import { parseModelUser } from "../model-user.ts";
import { createModelRuntimes } from "../runtimes.ts";
import { openServing } from "../serving.ts";
import { openTracer } from "../tracer.ts";

interface Base {
  readonly setup: WorkerSetup;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/**
 * The composition root of a process that answers predictions beside the main one, which holds the data folder, makes every
 * change, and is asked all else through its socket. Here SQL is only read, and only one log is written: this process' own.
 */
export async function run(setup: WorkerSetup): Promise<WorkerMethods> {
  const { config, folder, instance, number } = setup;
  joinFolder(join(folder, "tmp"));
  const clock = systemClock;
  const logger = createLogger(config.logLevel).child({ worker: number });
  process.on("unhandledRejection", (error) => logger.error({ error }, "a rejection that nobody handled"));
  const lifecycle = createLifecycle(clock, logger);
  const base = { setup, config, clock, logger, lifecycle };
  const sql = await openSqlite({ path: join(folder, "slipway.db"), readOnly: true });
  lifecycle.onStop("sql", () => sql.close());
  const registry = createRegistry({ sql, clock });
  const blobs = createBlobStore({ folder: join(folder, "blobs"), maxBytes: config.blobLimit });
  const environments = openEnvironments({ ...base, folder });
  const runtimes = createModelRuntimes({
    environments,
    logger,
    homes: join(folder, "tmp"),
    user: parseModelUser(config.modelUser),
  });
  const serving = openServing({ ...base, folder, blobs, runtimes });
  const predictions = createInstanceLog({ ...toLogSettings(config, folder), instance, clock, logger });
  lifecycle.onStop("predictions", () => predictions.close(), 10_000);
  const tracer = await openTracer({ ...base, instance });
  const endpoints = createFollower({ instance, sql, registry, serving, predictions, clock, logger, tracer });
  lifecycle.onStop("endpoints", () => endpoints.stop());
  await endpoints.sync();
  const http = await createWorkerHttp(base, { sql, registry, endpoints });
  const metrics = createProcessMetrics();
  const models = createServedModels({ endpoints, registry, batchRows: config.batchRows, others: null });
  lifecycle.onStop("metrics", () => metrics.stop());
  lifecycle.onStop("http", () => http.close(), config.drainTimeout);
  return {
    ping: () => null,
    async sync() {
      await endpoints.sync();
      return [...endpoints.snapshot().routes.values()].flatMap((route) =>
        route.failure === null ? [] : [route.endpoint],
      );
    },
    prepare: ({ ticket, spec }) => endpoints.prepare(ticket, spec),
    discard: ({ ticket }) => endpoints.discard(ticket),
    commit: ({ ticket, endpoint, epoch }) => endpoints.commit(ticket, endpoint, epoch),
    refresh: ({ endpoint, epoch }) => endpoints.refresh(endpoint, epoch),
    listen: async ({ port }) => void (await listenShared(http, { ...config, port })),
    position: () => predictions.position(),
    rotate: () => predictions.rotate(),
    async report() {
      const totals = [...endpoints.snapshot().routes.values()].map((route) => route.metrics);
      const sum = (of: "logged" | "notLogged") => totals.reduce((total, each) => total + each[of], 0);
      return {
        metrics: await renderMetrics({ endpoints, predictions, retention: null, process: metrics, clock }),
        models: await models.allStatistics(),
        logged: sum("logged"),
        notLogged: sum("notLogged"),
        logBytes: predictions.stats().bytes,
        rssBytes: process.memoryUsage.rss(),
      };
    },
    stop: () => lifecycle.stop(),
  };
}

interface WorkerParts {
  readonly sql: Sql;
  readonly registry: Registry;
  readonly endpoints: Follower;
}

/** Predictions of every protocol; whatever else is asked goes through the relay. */
async function createWorkerHttp(base: Base, { sql, registry, endpoints }: WorkerParts): Promise<Http> {
  const { setup, config, clock, logger, lifecycle } = base;
  const { secured, socketPath } = setup;
  const access = createAccess({ sql, clock, adminToken: config.token });
  await access.required();
  const http = openHttp({ config, secured, logger });
  const relay = createRelay({
    socketPath,
    onError: (error, response) => {
      logger.warn({ error }, "the main process could not be asked");
      response.writeHead(503, { "content-type": "text/plain", "retry-after": "1" }).end("Ask again in a moment.");
    },
  });
  lifecycle.onStop("relay", () => relay.close());
  const { requestTimeout: requestTimeoutMs } = config;
  registerRelay(http, { relay, endpoints, access: secured ? access : null, requestTimeoutMs });
  if (secured) registerAuth(http, access);
  const { infer } = endpoints;
  registerUnknown(http, logger);
  http.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendProblem(error, reply, logger));
    registerPredict(scope, { infer, registry });
  });
  registerOipInfer(http, { infer, logger });
  registerKserve(http, { endpoints, logger });
  registerScoring(http, { endpoints, registry, defaultEndpoint: config.defaultEndpoint, logger });
  return http;
}
