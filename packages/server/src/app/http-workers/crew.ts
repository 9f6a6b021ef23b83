import { join } from "node:path";
import type { Endpoints } from "../../endpoints/index.ts";
import { recoverLog } from "../../predictions/index.ts";
import { keepUp } from "./keep-up.ts";
import { createMembers, type Members } from "./members.ts";
import { startHttpWorker, type CrewDeps, type HttpWorker } from "./start-http-worker.ts";

/** The worker processes that answer. One that ends is replaced, and its log is made whole again. */
export interface Crew {
  size(): number;
  readonly askAll: Members["askAll"];
  /** Resolves when each has loaded the routes, or is tried again. @throws what kept one from coming up at all */
  start(endpoints: ServedHere): Promise<void>;
  listen(port: number): Promise<void>;
  /** Resolves when the logs of all that have ended are closed. */
  settleLogs(): Promise<void>;
  drain(): void;
  close(): Promise<void>;
}

export type ServedHere = Pick<Endpoints, "exclusively" | "snapshot">;

export const quickMs = 10_000;
/** A worker that says nothing for so long hangs, however busy the machine is. */
export const silentMs = 30_000;
const pingMs = 5_000;
/** It may have many endpoints to load. */
const startMs = 30 * 60_000;

export function createCrew(deps: CrewDeps, onGone: (worker: HttpWorker) => void): Crew {
  const { config, folder, clock, logger } = deps;
  const starting = new Set<HttpWorker>();
  const recovering = new Set<Promise<void>>();
  let port: number | null = null;
  let stopping = false;
  const isStopping = () => stopping;
  const members = createMembers(isStopping, logger);

  function watch(worker: HttpWorker): void {
    const stopPings = clock.every(pingMs, () => {
      if (members.has(worker) && !stopping)
        members.ask(worker, () => worker.call("ping", null, silentMs)).catch(() => {});
    });
    void worker.gone.then((reason) => {
      stopPings();
      if (!stopping) logger.error({ worker: worker.number, pid: worker.pid, reason }, "a worker process ended");
      // In one turn: its log is either one that grows, or one that is being closed.
      const recovery = recoverLog({ folder: join(folder, "log"), logger, clock }, worker.instance);
      recovering.add(recovery);
      void recovery.finally(() => recovering.delete(recovery));
      starting.delete(worker);
      members.delete(worker);
      onGone(worker);
    });
  }

  /** It loads what SQL says while everything goes on, then what changed meanwhile while nothing changes, and then it listens. */
  async function bring({ exclusively, snapshot }: ServedHere, number: number): Promise<HttpWorker> {
    const worker = startHttpWorker(deps, number);
    starting.add(worker);
    watch(worker);
    const isUp = new AbortController();
    void clock.sleep(startMs, isUp.signal).then(() => isUp.signal.aborted || worker.kill());
    try {
      await worker.ready.finally(() => isUp.abort());
      await exclusively(async () => {
        const failing = await worker.call("sync", null, config.loadTimeout + quickMs);
        if (stopping) throw new Error("The server is shutting down.");
        const missing = failing.filter((name) => snapshot().routes.get(name)?.loaded);
        if (missing.length > 0) throw new NotServing(missing);
        starting.delete(worker);
        members.add(worker);
        if (port !== null) await worker.call("listen", { port }, quickMs);
      });
      logger.info({ worker: number, pid: worker.pid, instance: worker.instance }, "a worker process is ready");
      return worker;
    } catch (error) {
      worker.kill();
      throw error;
    }
  }

  const settleLogs = async () => void (await Promise.all(recovering));
  const drain = () => {
    stopping = true;
    for (const worker of starting) worker.kill();
    for (const worker of members) void worker.stop(config.drainTimeout + 2 * quickMs);
  };

  return {
    size: () => members.size,
    askAll: members.askAll,
    async start(endpoints) {
      const keeping = { bring: (number: number) => bring(endpoints, number), isStopping, clock, logger };
      const numbers = Array.from({ length: config.httpWorkers - 1 }, (_, index) => index + 2);
      // What one of them cannot load holds up no start, as what this process cannot load does not.
      const first = await Promise.all(numbers.map((number) => keeping.bring(number).catch(unlessNotServing)));
      for (const [index, worker] of first.entries()) void keepUp(keeping, index + 2, worker);
    },
    async listen(chosen) {
      port = chosen;
      await members.askAll((each) => each.call("listen", { port: chosen }, quickMs));
    },
    settleLogs,
    drain,
    async close() {
      drain();
      await Promise.all([...starting, ...members].map((worker) => worker.gone));
      await settleLogs();
    },
  };
}

/** A worker that cannot serve what this process serves would answer by chance. */
class NotServing extends Error {
  constructor(endpoints: readonly string[]) {
    super(`It does not load what the main process serves: ${endpoints.join(", ")}.`);
  }
}

function unlessNotServing(error: unknown): null {
  if (error instanceof NotServing) return null;
  throw error;
}
