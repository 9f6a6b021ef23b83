import { join } from "node:path";
import type { Offset } from "@slipway/runtime/log";
import type { Config } from "../config/index.ts";
import type { Endpoints, RoutePeers } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import { placeSocket, serveLocally, type Http, type LocalServer } from "../platform/http/index.ts";
import type { LogFile } from "../platform/telemetry/index.ts";
import { recoverLog, type LogPeers } from "../predictions/index.ts";
import { keepCounters, mergeMetrics } from "../wire/metrics/index.ts";
import type { ProcessReport } from "../wire/process-report.ts";
import { startHttpWorker, type HttpWorker } from "./start-http-worker.ts";

export interface HttpWorkersDeps {
  readonly config: Config;
  /** The data folder, absolute. */
  readonly folder: string;
  readonly secured: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logFile: LogFile;
  readonly lifecycle: Lifecycle;
}

/** The processes that answer predictions beside this one, which is the first. One that ends is replaced. */
export interface HttpWorkers {
  readonly routes: RoutePeers;
  readonly logs: LogPeers;
  /** Resolves when each has loaded the routes. @throws what kept one from it */
  start(given: { readonly http: Http; readonly endpoints: Pick<Endpoints, "exclusively"> }): Promise<void>;
  /** Each takes connections from now on. @throws SlipwayError `invalid_config` */
  listen(port: number): Promise<void>;
  reports(): Promise<readonly ProcessReport[]>;
  /** Of all others than this process, those that ended too. */
  metrics(): Promise<readonly string[]>;
  /** Lets each answer what is under way, and end. */
  drain(): void;
  /** Resolves when each is gone. */
  close(): Promise<void>;
}

const quickMs = 10_000;
/** A worker that says nothing for so long hangs, however busy the machine is. */
const silentMs = 30_000;
const pingMs = 5_000;
const longestPauseMs = 30_000;
const soundMs = 60_000;

export function createHttpWorkers(deps: HttpWorkersDeps): HttpWorkers {
  const { config, folder, clock, logger } = deps;
  const loadMs = config.loadTimeout + quickMs;
  const socket = placeSocket(join(folder, "tmp"), "main.sock");
  const members = new Set<HttpWorker>();
  const starting = new Set<HttpWorker>();
  /** Logs of workers that ended are made whole again. */
  const recovering = new Set<Promise<void>>();
  let local: LocalServer | null = null;
  let exclusively: Endpoints["exclusively"] = (work) => work();
  let port: number | null = null;
  let departed = "";
  let stopping = false;

  /** Null: it is gone, or the server is ending. What a worker does not answer in time ends it. */
  async function ask<T>(worker: HttpWorker, question: (worker: HttpWorker) => Promise<T>): Promise<T | null> {
    try {
      return await question(worker);
    } catch (error) {
      if (stopping) return null;
      if (!worker.isLost(error)) throw error;
      logger.error({ error, worker: worker.number }, "a worker process does not answer and is ended");
      worker.kill();
      await worker.gone;
      return null;
    }
  }

  async function askAll<T>(question: (worker: HttpWorker) => Promise<T>): Promise<T[]> {
    const asked = await Promise.allSettled([...members].map((worker) => ask(worker, question)));
    const failed = asked.find((answer) => answer.status === "rejected");
    if (failed) throw failed.reason;
    return asked.flatMap((answer) => (answer.status === "fulfilled" && answer.value !== null ? [answer.value] : []));
  }

  function watch(worker: HttpWorker): void {
    const stopPings = clock.every(pingMs, () => {
      if (members.has(worker) && !stopping) ask(worker, () => worker.call("ping", null, silentMs)).catch(() => {});
    });
    void worker.gone.then((reason) => {
      stopPings();
      starting.delete(worker);
      departed = mergeMetrics([departed, keepCounters(worker.lastMetrics)]);
      if (!stopping) logger.error({ worker: worker.number, pid: worker.pid, reason }, "a worker process ended");
      const recovery = recoverLog({ folder: join(folder, "log"), logger, clock }, worker.instance);
      recovering.add(recovery);
      // In the same turn as the recovery is known: its log is either one that grows, or one that is being closed.
      members.delete(worker);
      void recovery.finally(() => recovering.delete(recovery));
    });
  }

  /** It loads what SQL says while everything goes on, then what changed meanwhile, while nothing changes; only then it is asked. */
  async function bring(number: number): Promise<HttpWorker> {
    const worker = startHttpWorker({ ...deps, number, socketPath: socket.path });
    starting.add(worker);
    watch(worker);
    try {
      await worker.ready;
      await exclusively(async () => {
        await worker.call("sync", null, loadMs);
        if (stopping) throw new Error("The server is shutting down.");
        members.add(worker);
        starting.delete(worker);
        if (port !== null) await worker.call("listen", { port }, quickMs);
      });
      logger.info({ worker: number, pid: worker.pid, instance: worker.instance }, "a worker process is ready");
      return worker;
    } catch (error) {
      worker.kill();
      throw error;
    }
  }

  async function keep(first: HttpWorker): Promise<void> {
    let worker: HttpWorker | null = first;
    for (let failures = 0; ;) {
      const begun = clock.monotonic();
      await worker?.gone;
      if (stopping) return;
      failures = worker && clock.monotonic() - begun > soundMs ? 0 : failures + 1;
      // At once where it was sound; later and later where it never is.
      if (failures > 1) await clock.sleep(Math.min(longestPauseMs, 250 * 2 ** failures));
      worker = await bring(first.number).catch((error: unknown) => {
        if (!stopping)
          logger.error({ error, worker: first.number }, "a worker process did not start; it is tried again");
        return null;
      });
    }
  }

  async function settleLogs(): Promise<void> {
    await Promise.all(recovering);
  }

  return {
    routes: {
      prepare: async (ticket, spec) => void (await askAll((each) => each.call("prepare", { ticket, spec }, loadMs))),
      discard: (ticket) => {
        askAll((each) => each.call("discard", { ticket }, quickMs)).catch(() => {});
      },
      commit: async (ticket, endpoint, epoch) => {
        const { name, revision } = endpoint;
        const committed = { ticket, endpoint: { name, revision }, epoch };
        await endUnless(askAll, (each) => each.call("commit", committed, quickMs));
      },
      refresh: (endpoint, epoch) => endUnless(askAll, (each) => each.call("refresh", { endpoint, epoch }, loadMs)),
      sync: () => endUnless(askAll, (each) => each.call("sync", null, loadMs)),
    },
    logs: {
      async growing(): Promise<readonly Offset[]> {
        const places = await askAll((each) => each.call("position", null, silentMs));
        await settleLogs();
        return places;
      },
      async rotate() {
        await askAll((each) => each.call("rotate", null, silentMs));
        await settleLogs();
      },
    },
    async start({ http, endpoints }) {
      ({ exclusively } = endpoints);
      local = await serveLocally(http, socket);
      const numbers = Array.from({ length: config.httpWorkers - 1 }, (_, index) => index + 2);
      for (const worker of await Promise.all(numbers.map(bring))) void keep(worker);
    },
    async listen(chosen) {
      port = chosen;
      await Promise.all([...members].map((worker) => worker.call("listen", { port: chosen }, quickMs)));
    },
    reports: () => askAll((each) => each.report(silentMs)),
    async metrics() {
      const reports = await askAll((each) => each.report(silentMs));
      const count = `# HELP slipway_http_workers Processes that answer predictions\n# TYPE slipway_http_workers gauge\nslipway_http_workers ${1 + members.size}\n`;
      return [departed, count, ...reports.map(({ metrics }) => metrics)];
    },
    drain() {
      stopping = true;
      for (const worker of starting) worker.kill();
      for (const worker of members) void worker.stop(config.drainTimeout + 2 * quickMs);
    },
    async close() {
      this.drain();
      await Promise.all([...starting, ...members].map((worker) => worker.gone));
      await settleLogs();
      await local?.close();
    },
  };
}

type AskAll = <T>(question: (worker: HttpWorker) => Promise<T>) => Promise<T[]>;

/** What is written already is in force everywhere: a worker that cannot follow ends, and another begins with the present routes. */
async function endUnless(askAll: AskAll, question: (worker: HttpWorker) => Promise<unknown>): Promise<void> {
  await askAll((worker) =>
    question(worker).catch((error: unknown) => {
      throw worker.toLost(error);
    }),
  );
}
