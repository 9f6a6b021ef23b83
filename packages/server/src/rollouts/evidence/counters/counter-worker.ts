/** The thread that counts what the arms of rollouts did, at the lowest priority. */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { createRecordCounter } from "./count-records.ts";
import type { CounterSetup, CountOrder, FromCounter } from "./messages.ts";

// Only Linux has a priority for each thread.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

const port = parentPort!;
const count = createRecordCounter(workerData as CounterSetup);

port.on("message", (order: CountOrder) => {
  let answer: FromCounter;
  try {
    answer = { counted: count(order) };
  } catch (error) {
    answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(answer);
});
