import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { slipwayVersion as version, SlipwayError } from "@slipway/contract";
import { createThreadRuntime, createWorkerRuntime } from "@slipway/runtime";
import type { Config } from "./config/index.ts";
import { accessMigrations, createAccess } from "./access/index.ts";
import { createEndpoints, endpointMigrations } from "./endpoints/index.ts";
import { systemClock } from "./kernel/clock.ts";
import { createId } from "./kernel/ids.ts";
import { createLifecycle } from "./kernel/lifecycle.ts";
import type { Logger } from "./kernel/logger.ts";
import { createPackaging } from "./packaging/index.ts";
import { createBlobStore } from "./platform/blobs/index.ts";
import { createHttp, isLoopback, type Http } from "./platform/http/index.ts";
import { createOperations, queueMigrations } from "./platform/queue/index.ts";
import { lockFolder, migrate, openDataFolder, openSqlite } from "./platform/sql/index.ts";
import { createProcessMetrics, createTracer, type LogFile } from "./platform/telemetry/index.ts";
import { createPredictionLog } from "./predictions/index.ts";
import { createRegistry, registryMigrations } from "./registry/index.ts";
import { createServing } from "./serving/index.ts";
import { registerApi, registerUnknown } from "./wire/api/index.ts";
import { registerAuth } from "./wire/auth/index.ts";
import { registerDocs } from "./wire/docs/index.ts";
import { registerHealth } from "./wire/health/index.ts";
import { registerMetrics } from "./wire/metrics/index.ts";
import { registerOip } from "./wire/oip/index.ts";

export interface App {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Stops taking requests, answers those under way, closes everything in reverse. */
  stop(): Promise<void>;
}

/** Every capability's steps, in the order of the layers. */
export const migrations = [...queueMigrations, ...accessMigrations, ...registryMigrations, ...endpointMigrations];

/** The composition root: builds everything of a configuration, in the order of the layers, and listens. */
export async function startApp(config: Config, logger: Logger, logFile: LogFile): Promise<App> {
  const clock = systemClock;
  const lifecycle = createLifecycle(clock, logger);
  try {
    const folder = resolve(config.data);
    await mkdir(folder, { recursive: true });
    const lock = lockFolder(folder);
    lifecycle.onStop("lock", () => lock.release());
    await openDataFolder(folder, clock);
    logFile.open(join(folder, "logs", "server.jsonl"));
    await rm(join(folder, "tmp"), { recursive: true, force: true });
    await mkdir(join(folder, "tmp"));

    const sql = await openSqlite({ path: join(folder, "slipway.db") });
    lifecycle.onStop("sql", () => sql.close());
    await migrate(sql, migrations, clock);

    const access = createAccess({ sql, clock, adminToken: config.token });
    const secured = await access.required();
    if (!secured && !isLoopback(config.host))
      throw new SlipwayError(
        "invalid_config",
        `Others can reach ${config.host}, so a token is needed: "slipway token create --data ${config.data} --user NAME --scope admin", or SLIPWAY_TOKEN for the first one.`,
      );
    const instance = createId();
    const blobs = createBlobStore({ folder: join(folder, "blobs") });
    const operations = createOperations({ sql, clock, logger });
    await operations.recover();
    const packaging = createPackaging({ probeTimeoutMs: config.probeTimeout, probeMemoryBytes: config.probeMemory });
    const registry = createRegistry({ sql, clock });
    const serving = createServing({
      folder: join(folder, "loaded"),
      blobs,
      runtimes: { thread: createThreadRuntime(), worker: createWorkerRuntime() },
      batchRows: config.batchRows,
      clock,
      logger,
    });
    lifecycle.onStop("serving", () => serving.close());
    const predictions = await createPredictionLog({
      folder: join(folder, "log"),
      instance,
      segmentBytes: config.logSegment,
      reserveBytes: config.logReserve,
      clock,
      logger,
    });
    lifecycle.onStop("predictions", () => predictions.close(), 10_000);
    const { otlpEndpoint } = config;
    const tracing = { version, instance, clock, logger };
    const tracer = otlpEndpoint === null ? null : await createTracer({ ...tracing, endpoint: otlpEndpoint });
    if (tracer) lifecycle.onStop("tracer", () => tracer.close());
    const deps = {
      folder,
      instance,
      sql,
      blobs,
      operations,
      packaging,
      registry,
      serving,
      predictions,
      clock,
      logger,
      tracer,
    };
    const endpoints = createEndpoints(deps);
    lifecycle.onStop("operations", () => operations.drain(5_000), 6_000);
    lifecycle.onStop("endpoints", () => endpoints.stop());
    await endpoints.start();

    const http = createHttp({
      bodyLimit: config.bodyLimit,
      requestTimeoutMs: config.requestTimeout,
      idleTimeoutMs: config.idleTimeout,
      loopbackOnly: !secured,
      tls: config.tlsCert === null || config.tlsKey === null ? null : { cert: config.tlsCert, key: config.tlsKey },
      basePath: config.basePath,
    });
    let ready = true;
    let url = "";
    const processMetrics = createProcessMetrics();
    lifecycle.onStop("metrics", () => processMetrics.stop());
    if (secured) registerAuth(http, access);
    registerDocs(http, { version, basePath: config.basePath, endpoints, secured });
    registerApi(http, {
      ...deps,
      endpoints,
      blobLimit: config.blobLimit,
      basePath: config.basePath,
      logFile,
      facts: { version, instance, data: folder, startedAt: clock.now(), url: () => url },
    });
    registerOip(http, { version, endpoints, registry, logger, ready: () => ready });
    registerMetrics(http, { endpoints, predictions, process: processMetrics });
    registerUnknown(http, logger);
    registerHealth(http, { endpoints, basePath: config.basePath, ready: () => ready });
    lifecycle.onStop("http", () => http.close(), config.drainTimeout);
    lifecycle.onStop("ready", () => void (ready = false));
    url = await listen(http, config);
    logger.info({ version, instance, url, data: folder }, "ready");
    return { url, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function listen(http: Http, config: Config): Promise<string> {
  try {
    await http.listen({ host: config.host, port: config.port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE")
      throw new SlipwayError(
        "invalid_config",
        `Port ${config.port} on ${config.host} is taken; choose another with --port, or --port 0 for a free one.`,
      );
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
      throw new SlipwayError(
        "invalid_config",
        `Cannot listen on ${config.host}:${config.port}: ${(error as Error).message}.`,
      );
    throw error;
  }
  const address = http.server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  const host = config.host.includes(":") ? `[${config.host.replace(/^\[|\]$/g, "")}]` : config.host;
  return `${config.tlsCert === null ? "http" : "https"}://${host}:${port}`;
}
