import type { Logger } from "../../kernel/logger.ts";
import type { HttpWorker } from "./start-http-worker.ts";

/** The workers that answer now, and questions to them. */
export interface Members extends Set<HttpWorker> {
  /** Empty where it is gone, or the server is ending. What a worker does not answer in time ends it. */
  ask<T>(worker: HttpWorker, question: (worker: HttpWorker) => Promise<T>): Promise<readonly T[]>;
  /**
   * The answers of those that answer. One that does not in time, or ends, is left out, and it is gone when this resolves.
   * @throws what the question's method threw in one of them
   */
  askAll<T>(question: (worker: HttpWorker) => Promise<T>): Promise<T[]>;
}

export function createMembers(isStopping: () => boolean, logger: Logger): Members {
  const members = new Set<HttpWorker>();

  async function ask<T>(worker: HttpWorker, question: (worker: HttpWorker) => Promise<T>): Promise<readonly T[]> {
    try {
      return [await question(worker)];
    } catch (error) {
      if (isStopping()) return [];
      if (!worker.isLost(error)) throw error;
      logger.error({ error, worker: worker.number }, "a worker process does not answer and is ended");
      worker.kill();
      await worker.gone;
      return [];
    }
  }

  async function askAll<T>(question: (worker: HttpWorker) => Promise<T>): Promise<T[]> {
    const asked = await Promise.allSettled([...members].map((worker) => ask(worker, question)));
    const failed = asked.find((answer) => answer.status === "rejected");
    if (failed) throw failed.reason;
    return asked.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  }

  return Object.assign(members, { ask, askAll });
}
