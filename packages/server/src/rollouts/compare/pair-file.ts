import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { PairLine } from "./pairs.ts";

/** Keeps pairs until they are looked at, off the event loop's memory. */
export interface PairFile {
  readonly path: string;
  readonly rows: number;
  /** Throws what the disk said, also of a write before. */
  write(line: PairLine): Promise<void>;
  end(): Promise<void>;
}

export function openPairFile(path: string): PairFile {
  const stream = createWriteStream(path, { flags: "wx" });
  let rows = 0;
  let failure: Error | null = null;
  // A full disk speaks up when nobody waits for it: unheard, that would be the end of the process.
  stream.on("error", (error) => (failure ??= error));
  const throwFailure = () => {
    if (failure !== null) throw failure;
  };
  return {
    path,
    get rows() {
      return rows;
    },
    async write(line) {
      throwFailure();
      rows += line.names.length;
      if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, "drain");
    },
    async end() {
      throwFailure();
      stream.end();
      await finished(stream);
    },
  };
}
