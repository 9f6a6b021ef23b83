import { slipwayVersion as version, SlipwayError } from "@slipway/contract";
import type { Access } from "../access/index.ts";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { listenGrpc, type GrpcListener, type GrpcServices } from "../platform/grpc/index.ts";
import { createServedModels } from "../wire/served-models.ts";
import type { Capabilities } from "./capabilities.ts";
import type { HttpWorkers } from "./http-workers/http-workers.ts";

export interface GrpcDeps extends Pick<Capabilities, "endpoints" | "registry"> {
  readonly config: Config;
  readonly access: Access;
  /** Calls need a token. */
  readonly secured: boolean;
  /** Null: this process answers alone. */
  readonly workers: HttpWorkers | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** gRPC on a port of its own. */
export interface GrpcFace {
  /** Takes calls from now on; the address as `HOST:PORT`, null where gRPC is off or its usual port taken. @throws SlipwayError `invalid_config` */
  listen(): Promise<string | null>;
  /** Takes no more calls, from now on. */
  drain(): void;
  /** Resolves when the calls under way are answered, or cut at the end of `drain_timeout`. */
  close(): Promise<void>;
}

/** Where nobody says which. */
export const usualGrpcPort = 8081;

export function createGrpcFace(deps: GrpcDeps): GrpcFace {
  const { config, clock, logger, secured } = deps;
  const { host, port: httpPort, grpcPort: given, tlsCert, tlsKey } = config;
  let listener: GrpcListener | null = null;
  let ending: Promise<void> | null = null;

  /** What gRPC takes is loaded at its first connection. */
  async function loadServices(): Promise<GrpcServices> {
    const { createGrpcServices } = await import("../wire/grpc/index.ts");
    const { endpoints, registry, access } = deps;
    const others = deps.workers?.reports ?? null;
    const models = createServedModels({ endpoints, registry, batchRows: config.batchRows, others });
    const ready = () => ending === null;
    return createGrpcServices({ version, endpoints, models, access: secured ? access : null, clock, logger, ready });
  }
  function drain(): void {
    const draining = listener;
    if (draining === null) return;
    ending ??= Promise.race([draining.drain(), clock.sleep(config.drainTimeout)]).then(() => draining.destroy());
  }
  return {
    async listen() {
      if (given === "off") return null;
      const port = given ?? (httpPort === 0 ? 0 : usualGrpcPort);
      try {
        listener = await listenGrpc({
          host,
          port,
          tls: tlsCert === null || tlsKey === null ? null : { cert: tlsCert, key: tlsKey },
          bodyLimit: config.bodyLimit,
          requestTimeoutMs: config.requestTimeout,
          loopbackOnly: !secured,
          clock,
          logger,
          loadServices,
        });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL") throw error;
        const why = code === "EADDRINUSE" ? "is taken" : `cannot be had (${message})`;
        const what = `The gRPC port ${port} on ${host} ${why}; choose another with --grpc-port, or --grpc-port off.`;
        if (given !== null) throw new SlipwayError("invalid_config", what);
        logger.warn({ port, host }, `${what} There is no gRPC now`);
        return null;
      }
      return `${host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host}:${listener.port}`;
    },
    drain,
    async close() {
      drain();
      await ending;
    },
  };
}
