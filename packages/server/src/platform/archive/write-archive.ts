import { on } from "node:events";
import { Worker } from "node:worker_threads";
import type { PackAnswer, PackOrder, PackRequest } from "./pack-worker.ts";

const script = new URL("./pack-worker" + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url);

/** A chunk is good until the promise resolves: its memory is used again. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void>;

/**
 * Writes a sealed tar archive of files in chunks of 256 KiB: a head, the files in their order, and last the manifest. It is
 * made in a thread, which works only as fast as `write` takes it. The same few chunks go back and forth: fresh memory for
 * each would have the event loop's thread collect garbage several times a second.
 * @throws Error where a file is shorter than announced, cannot be read or has another digest, or `write` fails; the
 * signal's reason. What was written is then an archive without a manifest
 */
export async function writeArchive(order: PackOrder, write: WriteChunk, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(script, { name: "archive", workerData: order, execArgv: [] });
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => {});
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  const want = (free: ArrayBuffer | null) =>
    worker.postMessage({ free } satisfies PackRequest, free === null ? [] : [free]);
  try {
    const answers = on(worker, "message", { close: ["exit"] });
    // One is made while the other is written.
    for (const free of [null, null]) want(free);
    for (;;) {
      const next = await Promise.race([answers.next(), aborted]);
      if (next.done === true) throw new Error("The archive could not be made: its thread ended.");
      const [answer] = next.value as [PackAnswer];
      if ("error" in answer) throw new Error(`The archive could not be made: ${answer.error}`);
      if (answer.length === 0) return;
      await Promise.race([write(new Uint8Array(answer.chunk, 0, answer.length)), aborted]);
      want(answer.chunk);
    }
  } finally {
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
