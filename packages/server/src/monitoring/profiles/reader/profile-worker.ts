/** The thread that reads the log and makes profiles of it, at the lowest priority. */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { Ask, FromReader, ToReader } from "./messages.ts";
import { createProfileReader } from "./profile-reader.ts";

// Only Linux has a priority for each thread.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

const port = parentPort!;
const { folder } = workerData as { folder: string };
const waiting = new Map<number, { resolve: (output: never) => void; reject: (error: Error) => void }>();
let questions = 0;

const ask: Ask = (name, input) =>
  new Promise((resolve, reject) => {
    const number = ++questions;
    waiting.set(number, { resolve, reject });
    port.postMessage({ ask: name, number, input } satisfies FromReader);
  });
const reader = createProfileReader({ folder, ask });

port.on("message", (message: ToReader) => {
  if ("read" in message) {
    reader.read(message.read).then(
      (result) => port.postMessage({ result } satisfies FromReader),
      (error: unknown) =>
        port.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    return;
  }
  const asked = waiting.get(message.number);
  waiting.delete(message.number);
  if ("failed" in message) asked?.reject(new Error("What the reader asked for could not be done."));
  else asked?.resolve(message.output as never);
});
