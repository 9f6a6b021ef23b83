import { SlipwayError } from "@slipway/contract";
import { startApp } from "./app.ts";
import { parseConfig, readConfigFile, type Config, type RawOptions } from "./config/index.ts";
import { createLogFile, createLogger } from "./platform/telemetry/index.ts";

export interface RunOptions {
  /** Options by their snake_case names, as `slipway up` got them. */
  readonly flags: RawOptions;
  /** A file of options (`--config`). */
  readonly configFile?: string;
}

/** @throws SlipwayError `invalid_config` */
export function loadConfig({ flags, configFile }: RunOptions): Config {
  const file = configFile === undefined ? {} : readConfigFile(configFile);
  return parseConfig({ flags, env: process.env, file });
}

/**
 * Runs a server until a signal ends it: the first SIGTERM or SIGINT drains, a second one leaves at once. Resolves with the exit
 * code; prints the ready line on stdout. Where a model's run does not end, the process kills itself (SIGKILL) after the drain.
 */
export async function runServer(options: RunOptions): Promise<number> {
  const config = loadConfig(options);
  const logFile = createLogFile();
  const logger = createLogger(config.logLevel, logFile);
  const app = await startApp(config, logger, logFile);
  return new Promise((resolve) => {
    let stopping = false;
    const end = (code: number) => {
      if (!app.busy()) process.exit(code);
      // Everything else is closed, or may be cut off as by a crash.
      logger.error({}, "a model's run does not end; the process is killed");
      process.kill(process.pid, "SIGKILL");
    };
    const stop = (reason: string) => {
      if (stopping) end(130);
      stopping = true;
      logger.info({ reason }, "stopping");
      app.stop().then(
        () => (app.busy() ? end(0) : resolve(0)),
        (error: unknown) => {
          logger.error({ error }, "the shutdown failed");
          resolve(1);
        },
      );
    };
    process.on("SIGTERM", () => stop("SIGTERM"));
    process.on("SIGINT", () => stop("SIGINT"));
    process.on("SIGHUP", () => stop("SIGHUP"));
    // Started by a wrapper that holds a channel: its death must not leave an orphan behind.
    process.on("disconnect", () => stop("the parent process ended"));
    process.on("uncaughtException", (error) => {
      logger.error({ error }, "an exception that nobody caught");
      if (!SlipwayError.is(error)) process.exit(70);
    });
    process.on("unhandledRejection", (error) => logger.error({ error }, "a rejection that nobody handled"));
    // Last: who reads it may send a signal at once.
    const grpc = app.grpc === null ? "" : `gRPC is ready at ${app.grpc}\n`;
    process.stdout.write(`Slipway is ready at ${app.url}\n${grpc}`);
  });
}
