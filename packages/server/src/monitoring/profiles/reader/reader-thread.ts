import { Worker } from "node:worker_threads";
import type { Ask, FromReader, Questions, ReadOrder, ReadResult, ToReader } from "./messages.ts";

/** The thread that reads the log, as long as there is something to read. */
export interface ReaderThread {
  /** One at a time. @throws Error after which the thread is gone, and everything that was not committed with it */
  read(order: ReadOrder): Promise<ReadResult>;
  close(): Promise<void>;
}

const script = new URL(`./profile-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function startReader(folder: string, answer: Ask): ReaderThread {
  const worker = new Worker(script, { workerData: { folder }, env: {}, execArgv: [], name: "profiles" });
  let reading: PromiseWithResolvers<ReadResult> | null = null;
  let problem: unknown = null;

  function settle(error: Error | null, result?: ReadResult): void {
    if (error === null) reading?.resolve(result as ReadResult);
    else reading?.reject(error);
    reading = null;
    // An idle thread keeps no process alive, one at work does.
    worker.unref();
  }

  const send = (message: ToReader) => worker.postMessage(message);
  worker.on("message", (message: FromReader) => {
    if ("result" in message) settle(null, message.result);
    else if ("error" in message) problem = problem ?? new Error(`Profiles could not be made: ${message.error}`);
    else reply(message.ask, message.number, message.input);
    if ("error" in message) void worker.terminate();
  });
  worker.on("error", (error) => (problem = error));
  worker.on("exit", () => settle(new Error("The thread that makes profiles ended.", { cause: problem })));

  function reply<Name extends keyof Questions>(name: Name, number: number, input: unknown): void {
    answer(name, input as Questions[Name]["input"]).then(
      (output) => send({ number, output }),
      (error: unknown) => {
        problem = error;
        send({ number, failed: true });
      },
    );
  }

  return {
    read(order) {
      reading = Promise.withResolvers();
      worker.ref();
      send({ read: order });
      return reading.promise;
    },
    async close() {
      await worker.terminate();
    },
  };
}
