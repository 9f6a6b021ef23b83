import { join } from "node:path";
import type { RoutePeers } from "../../endpoints/index.ts";
import { placeSocket, serveLocally, type Http, type LocalServer } from "../../platform/http/index.ts";
import type { LogPeers } from "../../predictions/index.ts";
import { keepCounters, mergeMetrics } from "../../wire/metrics/index.ts";
import type { ProcessReport } from "../../wire/process-report.ts";
import { createCrew, quickMs, silentMs, type Crew, type ServedHere } from "./crew.ts";
import type { CrewDeps, HttpWorker } from "./start-http-worker.ts";

/** The processes that answer predictions beside this one, which is the first. */
export interface HttpWorkers {
  readonly routes: RoutePeers;
  readonly logs: LogPeers;
  /** Resolves when each has loaded the routes. @throws what kept one from it */
  start(given: { readonly http: Http; readonly endpoints: ServedHere }): Promise<void>;
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

export function createHttpWorkers(deps: Omit<CrewDeps, "socketPath">): HttpWorkers {
  const { config, folder } = deps;
  const socket = placeSocket(join(folder, "tmp"), "main.sock");
  /** The counters of those that ended, as they were told last. */
  let departed = "";
  const crew = createCrew({ ...deps, socketPath: socket.path }, ({ lastMetrics }) => {
    departed = mergeMetrics([departed, keepCounters(lastMetrics)]);
  });
  let local: LocalServer | null = null;
  const reports = () => crew.askAll((each) => each.report(silentMs));

  return {
    routes: createRoutePeers(crew, config.loadTimeout + quickMs),
    logs: createLogPeers(crew),
    async start({ http, endpoints }) {
      local = await serveLocally(http, socket);
      await crew.start(endpoints);
    },
    listen: crew.listen,
    reports,
    async metrics() {
      const texts = (await reports()).map(({ metrics }) => metrics);
      return [departed, renderCount(1 + crew.size()), ...texts];
    },
    drain: crew.drain,
    async close() {
      await crew.close();
      await local?.close();
    },
  };
}

function createRoutePeers({ askAll }: Crew, loadMs: number): RoutePeers {
  /** What is written already is in force everywhere: who cannot follow ends, and another begins with the present routes. */
  const follow = async (question: (worker: HttpWorker) => Promise<unknown>) => {
    await askAll((worker) =>
      question(worker).catch((error: unknown) => {
        throw worker.toLost(error);
      }),
    );
  };
  return {
    prepare: async (ticket, spec) => void (await askAll((each) => each.call("prepare", { ticket, spec }, loadMs))),
    discard: (ticket) => {
      askAll((each) => each.call("discard", { ticket }, quickMs)).catch(() => {});
    },
    commit: (ticket, { name, revision }, epoch) =>
      follow((each) => each.call("commit", { ticket, endpoint: { name, revision }, epoch }, quickMs)),
    refresh: (endpoint, epoch) => follow((each) => each.call("refresh", { endpoint, epoch }, loadMs)),
    sync: () => follow((each) => each.call("sync", null, loadMs)),
  };
}

function createLogPeers({ askAll, settleLogs }: Crew): LogPeers {
  return {
    async growing() {
      const places = await askAll((each) => each.call("position", null, silentMs));
      await settleLogs();
      return places;
    },
    async rotate() {
      await askAll((each) => each.call("rotate", null, silentMs));
      await settleLogs();
    },
  };
}

function renderCount(count: number): string {
  const name = "slipway_http_workers";
  return `# HELP ${name} Processes that answer predictions\n# TYPE ${name} gauge\n${name} ${count}\n`;
}
