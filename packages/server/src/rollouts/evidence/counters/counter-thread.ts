import { Worker } from "node:worker_threads";
import type { Counted, CounterSetup, CountOrder, FromCounter } from "./messages.ts";

export interface CounterThread {
  /** One at a time. @throws Error after which the thread is gone */
  count(order: CountOrder): Promise<Counted>;
  close(): Promise<void>;
}

const script = new URL(`./counter-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function startCounter(setup: CounterSetup): CounterThread {
  const worker = new Worker(script, { workerData: setup, env: {}, execArgv: [], name: "rollouts" });
  let counting: PromiseWithResolvers<Counted> | null = null;
  let problem: unknown = null;

  function settle(error: Error | null, counted?: Counted): void {
    if (error === null) counting?.resolve(counted as Counted);
    else counting?.reject(error);
    counting = null;
    // An idle thread keeps no process alive, one at work does.
    worker.unref();
  }

  worker.on("message", (message: FromCounter) => {
    if ("counted" in message) return settle(null, message.counted);
    problem = new Error(`The log could not be counted: ${message.error}`);
    void worker.terminate();
  });
  worker.on("error", (error) => (problem = error));
  worker.on("exit", () => settle(new Error("The thread that counts for rollouts ended.", { cause: problem })));

  return {
    count(order) {
      counting = Promise.withResolvers();
      worker.ref();
      worker.postMessage(order);
      return counting.promise;
    },
    async close() {
      await worker.terminate();
    },
  };
}
