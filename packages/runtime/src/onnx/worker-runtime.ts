import { Worker } from "node:worker_threads";
import type { Link, LinkEvents } from "../remote/link.ts";
import { openRemoteReplica } from "../remote/open-remote-replica.ts";
import type { RemoteOptions } from "../remote/remote-replica.ts";
import type { Runtime } from "../runtime.ts";

const script = new URL(`./replica-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export type WorkerRuntimeOptions = RemoteOptions;

/** Runs models in worker threads, one for each replica, so that a run does not block the caller's thread. */
export function createWorkerRuntime(options: WorkerRuntimeOptions = {}): Runtime {
  return {
    open: (files, signature, how) =>
      openRemoteReplica({ ...options, connect: startWorker }, { files, signature, options: how }),
  };
}

/** A thread cannot be killed: inside of native code, it would take the process with it. */
function startWorker({ onFrame, onEnd }: LinkEvents): Link {
  const worker = new Worker(script, { env: {}, execArgv: [] });
  let reason = "it ended by itself";
  worker.on("error", (error: unknown) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  worker.on("message", (frame: ArrayBuffer) => onFrame(new Uint8Array(frame)));
  worker.on("exit", () => onEnd(reason));
  return { what: "worker thread", send: ({ buffer }) => worker.postMessage(buffer, [buffer]) };
}
