import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Readable, type Writable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { syncFolder } from "../blobs/index.ts";
import type { BackupHead } from "./backup-head.ts";
import { readBackup, type BackupProgress } from "./read-backup.ts";

export interface ReceiveOptions {
  readonly source: AsyncIterable<Uint8Array>;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a backup into a file, which appears when it is whole, proven and on the disk; until then it is `FILE.partial`,
 * readable by its owner alone.
 * @throws SlipwayError `already_exists` unless `force`; `invalid_file` where the source was cut
 */
export async function receiveFile(
  options: ReceiveOptions & { readonly file: string; readonly force: boolean },
): Promise<BackupHead> {
  const file = resolve(options.file);
  await requireFree(file, options.force);
  const partial = `${file}.partial`;
  const handle = await open(partial, "w", 0o600);
  try {
    const head = await receive(options, (chunk) => handle.writeFile(chunk));
    await handle.sync();
    await handle.close();
    await requireFree(file, options.force);
    await rename(partial, file);
    await syncFolder(dirname(file));
    return head;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

/** The same into a stream, such as stdout; what it got counts only where this resolves. */
export function receiveStream(options: ReceiveOptions & { readonly target: Writable }): Promise<BackupHead> {
  const { target } = options;
  return receive(
    options,
    (chunk) =>
      new Promise((resolve, reject) => {
        target.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  );
}

function receive(options: ReceiveOptions, write: (chunk: Uint8Array) => Promise<void>): Promise<BackupHead> {
  async function* written() {
    for await (const chunk of options.source) {
      await write(chunk);
      yield chunk;
    }
  }
  const source = Readable.from(written(), { objectMode: false });
  return readBackup({ source, migrations: null, onProgress: options.onProgress, signal: options.signal });
}

async function requireFree(file: string, force: boolean): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there === null || (force && there.isFile())) return;
  throw new SlipwayError(
    "already_exists",
    there.isFile()
      ? `${file} is there already. Name another file, or pass --force to replace it.`
      : `${file} is there already and is no file. Name another one.`,
    { file },
  );
}
