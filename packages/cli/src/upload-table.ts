import { createReadStream, statSync } from "node:fs";
import { extname } from "node:path";
import { Readable } from "node:stream";
import type { Context } from "./context.ts";
import { hashFile } from "./deploy/hash.ts";
import { UsageError } from "./exit-codes.ts";
import { createProgress } from "./progress.ts";
import { bytesText, printable } from "./text.ts";

export type TableFormat = "csv" | "parquet" | "jsonl";

const formats: Readonly<Record<string, TableFormat>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".parquet": "parquet",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

/** What a file of rows is, by its ending. @throws UsageError */
export function requireFormat(file: string): TableFormat {
  const format = formats[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new UsageError(`${file} does not end in ${Object.keys(formats).join(", ")}, so nobody knows what it is.`);
}

/** @returns the SHA-256 under which the server has the file */
export async function uploadTable(context: Context, file: string): Promise<string> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw new UsageError(`There is no file ${file}.`);
  const { size } = found;
  const progress = createProgress(context.stderr, context.settings.quiet);
  const show = (what: string) => (bytes: number) =>
    progress.show(
      `${what} ${printable(file)}`,
      size === 0 ? 1 : bytes / size,
      `${bytesText(bytes)} of ${bytesText(size)}`,
    );
  try {
    const sha256 = await hashFile(file, show("Reading"));
    const open = (start: number) => Readable.toWeb(createReadStream(file, { start })) as ReadableStream<Uint8Array>;
    await context.client().blobs.ensure(sha256, open, { size, onProgress: show("Sending") });
    return sha256;
  } finally {
    progress.clear();
  }
}
