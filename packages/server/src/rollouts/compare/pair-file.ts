import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { PairLine } from "./pairs.ts";

/** Keeps pairs until they are looked at, off the event loop's memory. */
export interface PairFile {
  readonly path: string;
  readonly rows: number;
  write(line: PairLine): Promise<void>;
  end(): Promise<void>;
}

export function openPairFile(path: string): PairFile {
  const stream = createWriteStream(path, { flags: "wx" });
  let rows = 0;
  return {
    path,
    get rows() {
      return rows;
    },
    async write(line) {
      rows += line.names.length;
      if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, "drain");
    },
    async end() {
      stream.end();
      await finished(stream);
    },
  };
}
