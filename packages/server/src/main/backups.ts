import { createReadStream, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PassThrough, Readable, type Writable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { migrations } from "../app/storage.ts";
import { systemClock } from "../kernel/clock.ts";
import { silentLogger } from "../kernel/logger.ts";
import { createMaintenance } from "../kernel/maintenance.ts";
import {
  createBackups,
  type Backups,
  readBackup,
  receiveFile,
  receiveStream,
  restoreBackup,
  type BackupHead,
  type BackupProgress,
} from "../platform/backup/index.ts";
import { lockFolder, openDataFolder, openSqlite, waitUntilAlone } from "../platform/sql/index.ts";

export type { BackupHead, BackupProgress } from "../platform/backup/index.ts";

export interface KeepBackupOptions {
  /** The archive as it comes from a server, or a data folder that no server uses. */
  readonly from: AsyncIterable<Uint8Array> | { readonly data: string };
  readonly to: { readonly file: string; readonly force: boolean } | { readonly stream: Writable };
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes a backup and proves it whole.
 * @throws SlipwayError `already_exists`; `invalid_file` where it was cut; `data_folder_locked` while a server uses the folder
 */
export function keepBackup({ from, to, ...options }: KeepBackupOptions): Promise<BackupHead> {
  const keep = (source: AsyncIterable<Uint8Array>) =>
    "file" in to
      ? receiveFile({ source, ...options, ...to })
      : receiveStream({ source, ...options, target: to.stream });
  return "data" in from ? withIdleBackup(from.data, keep) : keep(from);
}

async function withIdleBackup<T>(data: string, use: (source: Readable) => Promise<T>): Promise<T> {
  const folder = resolve(data);
  if (!existsSync(join(folder, "slipway.json")))
    throw new SlipwayError(
      "invalid_config",
      `${folder} is no data folder of a server: give the one of \`slipway up\` with --data.`,
    );
  const lock = lockFolder(folder);
  try {
    waitUntilAlone(join(folder, "tmp"));
    await openDataFolder(folder, systemClock);
    const sql = await openSqlite({ path: join(folder, "slipway.db") });
    const backups = createBackups({
      folder,
      sql,
      instance: null,
      maintenance: createMaintenance(),
      mark: () => () => Number.POSITIVE_INFINITY,
      clock: systemClock,
      logger: silentLogger,
    });
    try {
      return await use(Readable.from(pullBackup(backups), { objectMode: false }));
    } finally {
      await backups.close();
      await sql.close();
    }
  } finally {
    lock.release();
  }
}

/** Chunks are copied: whoever pulls keeps them longer than their memory is theirs. */
async function* pullBackup(backups: Backups): AsyncGenerator<Uint8Array> {
  const through = new PassThrough();
  const written = backups.write(
    () => (chunk) =>
      new Promise((resolve, reject) => {
        through.write(Uint8Array.from(chunk), (error) => (error ? reject(error) : resolve()));
      }),
  );
  written.then(
    () => through.end(),
    (error: Error) => through.destroy(error),
  );
  yield* through as AsyncIterable<Uint8Array>;
}

export interface CheckBackupOptions {
  /** A file, or a stream such as stdin. */
  readonly source: string | Readable;
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
}

/** Makes a data folder of a backup. @throws SlipwayError as `restoreBackup` of platform/backup does */
export function restoreData(options: CheckBackupOptions & { readonly data: string }): Promise<BackupHead> {
  return restoreBackup({ ...toReading(options), folder: options.data });
}

/** Proves that a backup is whole and of a version that can be restored here; writes nothing. */
export function verifyBackup(options: CheckBackupOptions): Promise<BackupHead> {
  return readBackup(toReading(options));
}

function toReading({ source, onProgress, signal }: CheckBackupOptions) {
  return {
    source: typeof source === "string" ? openFile(source) : source,
    migrations: migrations.map(({ id }) => id),
    onProgress,
    signal,
  };
}

function openFile(file: string): Readable {
  return Readable.from(readChunks(file), { objectMode: false });
}

async function* readChunks(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 });
  } catch (error) {
    throw new SlipwayError("invalid_file", `${file} cannot be read: ${(error as Error).message}.`, { file }, error);
  }
}
