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
 * code; prints the ready line on stdout.
 */
export async function runServer(options: RunOptions): Promise<number> {
  const config = loadConfig(options);
  const logFile = createLogFile();
  const logger = createLogger(config.logLevel, logFile);
  const app = await startApp(config, logger, logFile);
  process.stdout.write(`Slipway is ready at ${app.url}\n`);
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (reason: string) => {
      if (stopping) process.exit(130);
      stopping = true;
      logger.info({ reason }, "stopping");
      app.stop().then(
        () => resolve(0),
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
  });
}
