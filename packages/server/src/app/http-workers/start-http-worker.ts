import type { Config } from "../../config/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { createIdBeside } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { isLost, ServiceLost, startService } from "../../platform/process/index.ts";
import type { LogFile } from "../../platform/telemetry/index.ts";
import type { ProcessReport } from "../../wire/process-report.ts";
import type { WorkerCalls, WorkerSetup } from "./worker-calls.ts";

const module = new URL(`./http-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export interface CrewDeps {
  readonly config: Config;
  /** UUIDv7 of this process, beside which those of the workers are made: so look-ups know what was written at the same time. */
  readonly instance: string;
  /** The data folder, absolute. */
  readonly folder: string;
  readonly secured: boolean;
  /** Where this process answers what a worker does not. */
  readonly socketPath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logFile: LogFile;
}

/** One process that answers predictions beside the main one. */
export interface HttpWorker {
  /** From 2: the main process is the first. */
  readonly number: number;
  readonly pid: number | undefined;
  /** UUIDv7 of its log. */
  readonly instance: string;
  /** Resolves when it has loaded the routes. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the process is no more. */
  readonly gone: Promise<string>;
  call<Name extends keyof WorkerCalls>(
    name: Name,
    params: WorkerCalls[Name][0],
    timeoutMs: number,
  ): Promise<WorkerCalls[Name][1]>;
  report(timeoutMs: number): Promise<ProcessReport>;
  /** Of the last report; "" before the first. */
  readonly lastMetrics: string;
  isLost(error: unknown): boolean;
  /** An error of a call as one that the worker does not survive. */
  toLost(error: unknown): Error;
  /** Answers what is under way, then ends; killed where it takes longer. */
  stop(timeoutMs: number): Promise<void>;
  kill(): void;
}

export function startHttpWorker(deps: CrewDeps, number: number): HttpWorker {
  const { config, folder, secured, socketPath, clock, logger, logFile } = deps;
  const instance = createIdBeside(deps.instance);
  const setup: WorkerSetup = { config, folder, instance, number, secured, socketPath };
  const service = startService({
    module,
    input: setup,
    clock,
    onLine(line) {
      if (!line.startsWith("{")) return logger.error({ worker: number, line }, "a worker process says");
      // It has written the line as this process would: the log is one.
      process.stderr.write(`${line}\n`);
      logFile.write(`${line}\n`);
    },
  });
  let lastMetrics = "";
  let stopped: Promise<void> | null = null;
  const call: HttpWorker["call"] = async (name, params, timeoutMs) =>
    (await service.call(name, params, timeoutMs)) as WorkerCalls[typeof name][1];

  async function stop(timeoutMs: number): Promise<void> {
    await service.call("stop", null, timeoutMs).catch(() => {});
    // All that it had is closed.
    service.kill();
    await service.gone;
  }

  return {
    number,
    pid: service.pid,
    instance,
    ready: service.ready,
    gone: service.gone,
    call,
    async report(timeoutMs) {
      const report = await call("report", null, timeoutMs);
      lastMetrics = report.metrics;
      return report;
    },
    get lastMetrics() {
      return lastMetrics;
    },
    isLost,
    toLost: (error) => (isLost(error) ? (error as Error) : new ServiceLost(String(error), { cause: error })),
    stop: (timeoutMs) => (stopped ??= stop(timeoutMs)),
    kill: service.kill,
  };
}
