import { addAbortSignal, type Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { readArchive, type IncomingEntry } from "../archive/index.ts";
import { checkKnown, dataPrefix, headName, notABackup, parseHead, type BackupHead } from "./backup-head.ts";

export interface BackupProgress {
  /** Of the files' bytes. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ReadBackupOptions {
  readonly source: Readable;
  /** The steps that this Slipway's database knows; null takes a backup of any version. */
  readonly migrations: readonly string[] | null;
  /** Gets each file of the data folder, its name relative to it; what it does counts only when all is proven. */
  readonly take?: (file: IncomingEntry) => Promise<void>;
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  /** Ends the reading, which then fails. */
  readonly signal?: AbortSignal | undefined;
}

const longestHead = 16 * 1024 * 1024;

/**
 * Reads a backup to its end and proves it whole.
 * @throws SlipwayError `invalid_file` with what is wrong; `data_folder_newer`
 */
export async function readBackup(options: ReadBackupOptions): Promise<BackupHead> {
  const { source, migrations, take = async () => {}, onProgress } = options;
  if (options.signal) addAbortSignal(options.signal, source);
  let head: BackupHead | null = null;
  let bytes = 0;
  const entries = await readArchive(source, async (entry) => {
    if (head === null) {
      head = await readHead(entry);
      if (migrations !== null) checkKnown(head, migrations);
      return;
    }
    const totalBytes = head.bytes;
    if (!entry.name.startsWith(dataPrefix)) throw foreign(entry.name);
    const counted = count(entry.chunks, (more) => onProgress?.({ bytes: (bytes += more), totalBytes }));
    await take({ name: entry.name.slice(dataPrefix.length), size: entry.size, chunks: counted });
    // What was left alone counts, too.
    for await (const _ of counted);
  });
  if (head === null) throw notABackup();
  const names = new Set(entries.map(({ name }) => name));
  for (const needed of ["slipway.json", "slipway.db"])
    if (!names.has(dataPrefix + needed))
      throw new SlipwayError("invalid_file", `The backup has no ${needed}, without which nothing can be served.`);
  return head;
}

async function readHead(entry: IncomingEntry): Promise<BackupHead> {
  if (entry.name !== headName || entry.size > longestHead) throw notABackup();
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.chunks) chunks.push(chunk);
  return parseHead(Buffer.concat(chunks).toString());
}

async function* count(chunks: AsyncIterable<Uint8Array>, add: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    add(chunk.length);
    yield chunk;
  }
}

function foreign(name: string): SlipwayError {
  return new SlipwayError("invalid_file", `${JSON.stringify(name)} is in the archive, which no backup has.`, { name });
}
