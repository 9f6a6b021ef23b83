import { parentPort, workerData } from "node:worker_threads";
import { toTraceArrivals } from "./arrivals.ts";
import type { FromLoadThread, LoadOrder, LoadSetup, ToLoadThread } from "./load-order.ts";
import type { LoadReport } from "./load-report.ts";
import { closedLoop, openLoop, scheduledLoop, type Load } from "./open-loop.ts";

// A thread of its own: what the terminal shows and how long that takes is nothing to the load.
const setup = workerData as LoadSetup;
const tell = (message: FromLoadThread): void => parentPort?.postMessage(message);
let stop = new AbortController();

parentPort?.on("message", (message: ToLoadThread) => {
  if (message.kind === "stop") return stop.abort();
  stop = new AbortController();
  run(message.order, stop.signal).then(
    (report) => tell({ kind: "done", report }),
    (error: Error) => tell({ kind: "failed", message: error.message }),
  );
});

function run(order: LoadOrder, signal: AbortSignal): Promise<LoadReport> {
  const load: Load = {
    ...setup,
    ...order,
    requests: [],
    signal,
    onProgress: (live) => tell({ kind: "progress", live }),
  };
  if (order.kind === "closed") return closedLoop(load);
  if (order.kind === "rate") return openLoop({ ...load, ...order });
  const { offsetsMs, durationMs, warmUpMs } = order;
  const count = offsetsMs.filter((at) => at < durationMs).length;
  const schedule = toTraceArrivals({ offsetsMs, durationMs, warmUpMs });
  return scheduledLoop({ ...load, schedule, perSecond: (count * 1_000) / durationMs });
}
