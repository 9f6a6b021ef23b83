import { join } from "node:path";
import { slipwayVersion as version, SlipwayError } from "@slipway/contract";
import { createAccess, createAudit } from "./access/index.ts";
import { startCapabilities } from "./app/capabilities.ts";
import { createFaces } from "./app/faces.ts";
import { createGrpcFace } from "./app/grpc.ts";
import { createHttpWorkers } from "./app/http-workers/http-workers.ts";
import { listen, listenTogether } from "./app/listen.ts";
import { parseModelUser, shieldDataFolder } from "./app/model-user.ts";
import { openStorage } from "./app/storage.ts";
import type { Config } from "./config/index.ts";
import { systemClock } from "./kernel/clock.ts";
import { createId } from "./kernel/ids.ts";
import { createLifecycle } from "./kernel/lifecycle.ts";
import type { Logger } from "./kernel/logger.ts";
import { isLoopback } from "./platform/http/index.ts";
import { findMlflowUi } from "./wire/mlflow/index.ts";
import type { LogFile } from "./platform/telemetry/index.ts";

export interface App {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** `HOST:PORT` of gRPC; null where there is none. */
  readonly grpc: string | null;
  /** Stops taking requests, answers those under way, closes everything in reverse. */
  stop(): Promise<void>;
  /** Whether a model runs in a thread: ending the process in order would wait for it, however long that takes. */
  busy(): boolean;
}

/** The composition root: builds everything of a configuration, in the order of the layers, and listens. */
export async function startApp(config: Config, logger: Logger, logFile: LogFile): Promise<App> {
  const clock = systemClock;
  const lifecycle = createLifecycle(clock, logger);
  const instance = createId();
  let url = "";
  try {
    const storage = await openStorage(config.data, { lifecycle, clock });
    logFile.open(join(storage.folder, "logs", "server.jsonl"));
    const access = createAccess({ sql: storage.sql, clock, adminToken: config.token });
    const audit = createAudit(storage);
    const secured = await access.required();
    if (!secured && !isLoopback(config.host))
      throw new SlipwayError(
        "invalid_config",
        `Others can reach ${config.host}, so a token is needed: "slipway token create --data ${config.data} --user NAME --scope admin", or SLIPWAY_TOKEN for the first one.`,
      );
    const { folder } = storage;
    const base = { config, instance, clock, logger, lifecycle };
    const workers =
      config.httpWorkers === 1
        ? null
        : createHttpWorkers({ config, instance, folder, secured, clock, logger, logFile });
    const capabilities = await startCapabilities({ ...base, storage, workers, url: () => url });
    if (workers) lifecycle.onStop("http workers", () => workers.close(), config.drainTimeout + 30_000);
    const facts = { version, instance, data: folder, startedAt: clock.now(), url: () => url };
    const grpcFace = createGrpcFace({ ...base, ...capabilities, access, secured, workers });
    lifecycle.onStop("grpc", () => grpcFace.close(), config.drainTimeout + 1_000);
    const mlflowUi = config.mlflowUi === null ? null : await findMlflowUi(config.mlflowUi);
    const http = createFaces({ ...base, ...capabilities, access, audit, secured, facts, logFile, workers, mlflowUi });
    url = workers ? await listenTogether(http, { config, workers, ...capabilities }) : await listen(http, config);
    if (workers) lifecycle.onStop("workers' http", () => workers.drain());
    const grpc = await grpcFace.listen();
    // With HTTP, not after it.
    lifecycle.onStop("gRPC calls", () => grpcFace.drain());
    const user = parseModelUser(config.modelUser);
    // What came into being meanwhile.
    if (user !== null) await shieldDataFolder(folder, user);
    logger.info({ version, instance, url, grpc, data: folder }, "ready");
    return { url, grpc, stop: () => lifecycle.stop(), busy: capabilities.serving.busy };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}
