import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import type { PackAnswer, PackOrder } from "./pack-worker.ts";

const script = new URL("./pack-worker" + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url);

/**
 * A sealed tar archive of files, as a stream of chunks of 256 KiB: a head, the files in their order, and last the manifest.
 * Made in a thread, which works only as fast as the stream is read. It fails where a file is shorter than announced, cannot
 * be read or has another digest; what came before is then an archive without a manifest. `onRead` is called each time that
 * more is wanted.
 */
export function createPackStream(order: PackOrder, onRead: () => void = () => {}): Readable {
  const worker = new Worker(script, { name: "archive", workerData: order, execArgv: [] });
  const stream = new Readable({
    highWaterMark: 512 * 1024,
    read: () => {
      onRead();
      worker.postMessage("next");
    },
    destroy: (error, done) => {
      worker.terminate().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  worker.on("message", (answer: PackAnswer) => {
    if ("error" in answer) stream.destroy(new Error(`The archive could not be made: ${answer.error}`));
    else stream.push(answer.chunk.length === 0 ? null : answer.chunk);
  });
  worker.on("error", (error) => stream.destroy(error as Error));
  return stream;
}
