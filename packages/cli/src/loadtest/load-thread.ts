import { Worker } from "node:worker_threads";
import { InterruptedError } from "../exit-codes.ts";
import type { FromLoadThread, LoadOrder, LoadSetup, ToLoadThread } from "./load-order.ts";
import type { LoadReport } from "./load-report.ts";
import type { LiveLoad } from "./open-loop.ts";

export interface MeasuredLoad {
  readonly report: LoadReport;
  /** Cores that this process kept busy meanwhile, which is the load. */
  readonly cores: number;
}

export interface LoadThread {
  /** One at a time. @throws InterruptedError after `kill` */
  run(order: LoadOrder, onProgress: (live: LiveLoad) => void): Promise<MeasuredLoad>;
  /** Ends the load under way, which then reports what it has. */
  stop(): void;
  /** Ends the thread at once. */
  kill(): Promise<unknown>;
}

const script = new URL(`./load-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function startLoadThread(setup: LoadSetup): LoadThread {
  const worker = new Worker(script, { workerData: setup });
  const tell = (message: ToLoadThread): void => worker.postMessage(message);

  function run(order: LoadOrder, onProgress: (live: LiveLoad) => void): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.off("message", hear);
        worker.off("error", fail);
        worker.off("exit", end);
      };
      const hear = (message: FromLoadThread): void => {
        if (message.kind === "progress") return onProgress(message.live);
        settle();
        if (message.kind === "done") resolve(message.report);
        else reject(new Error(message.message));
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const end = (): void => fail(new InterruptedError("The load was left."));
      worker.on("message", hear);
      worker.on("error", fail);
      worker.on("exit", end);
      tell({ kind: "run", order });
    });
  }
  return {
    async run(order, onProgress) {
      const [cpu, at] = [process.cpuUsage(), performance.now()];
      const report = await run(order, onProgress);
      const { user, system } = process.cpuUsage(cpu);
      return { report, cores: (user + system) / 1_000 / Math.max(1, performance.now() - at) };
    },
    stop: () => tell({ kind: "stop" }),
    kill: () => worker.terminate(),
  };
}
