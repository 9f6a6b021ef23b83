import { mkdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { finished, type Readable } from "node:stream";
import { slipwayVersion, SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import { createPackStream, type ArchiveFile, type PackOrder } from "../archive/index.ts";
import { dataFolderFormat, type Sql } from "../sql/index.ts";
import { backupFormat, dataPrefix, headName, type BackupHead } from "./backup-head.ts";
import { listFiles } from "./list-files.ts";
import { pinFile } from "./pin-file.ts";

export interface BackupStream {
  readonly head: BackupHead;
  /** The tar archive. Read it or destroy it: what it needs stays on disk until then. */
  readonly stream: Readable;
}

/** Backups of a data folder, in use or not, by the process that holds its lock. */
export interface Backups {
  /**
   * A copy of one moment: all that was committed and answered before the call, and nothing torn. Serving goes on.
   * @throws SlipwayError `conflict` while another one is read; `unimplemented` where the database is no SQLite
   */
  start(): Promise<BackupStream>;
  /** Ends what is being read. */
  close(): Promise<void>;
}

export interface BackupsDeps {
  readonly folder: string;
  readonly sql: Sql;
  /** Of the server that runs; null where none does. */
  readonly instance: string | null;
  readonly maintenance: Maintenance;
  /**
   * Called once the database is copied: gives how many bytes of a file belong to this moment, or null where the file is
   * younger; at most all that is there. So nothing in the database is ahead of the files.
   */
  readonly mark: () => (name: string) => number | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

const stallMs = 60_000;
const lookEveryMs = 5_000;

export function createBackups(deps: BackupsDeps): Backups {
  const { folder, instance, maintenance, clock, logger } = deps;
  let busy = false;
  let ended: Promise<void> = Promise.resolve();
  let stop: (error: Error) => void = () => {};

  async function start(): Promise<BackupStream> {
    if (busy)
      throw new SlipwayError("conflict", "Another backup is being taken from this server. Wait until it has ended.");
    busy = true;
    const pins = join(folder, "tmp", `backup-${createId()}`);
    const release = async () => {
      busy = false;
      await rm(pins, { recursive: true, force: true });
    };
    try {
      const { head, files } = await maintenance.shared("backup", () => pinAll(deps, pins));
      return { head, stream: open(head, files, release) };
    } catch (error) {
      await release();
      throw error;
    }
  }

  function open(head: BackupHead, files: readonly ArchiveFile[], release: () => Promise<void>): Readable {
    let readAt = clock.monotonic();
    const stream = createPackStream(toOrder(head, files), () => (readAt = clock.monotonic()));
    const stopLooking = clock.every(lookEveryMs, () => {
      if (clock.monotonic() - readAt > stallMs && !stream.readableEnded)
        stream.destroy(new Error(`nobody has read the backup for ${stallMs} ms`));
    });
    stop = (error) => stream.destroy(error);
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    logger.info({ instance, files: head.files, bytes: head.bytes }, "a backup is being read");
    finished(stream, (error) => {
      stopLooking();
      if (error) logger.error({ error }, "a backup was not read to its end");
      else logger.info({ files: head.files, bytes: head.bytes }, "a backup was read to its end");
      release()
        .catch((failure: unknown) => logger.error({ error: failure }, "what a backup needed could not be removed"))
        .finally(resolve);
    });
    return stream;
  }

  return {
    start,
    async close() {
      stop(new Error("the server is shutting down"));
      await ended;
    },
  };
}

/** The database first, then all that it refers to: what appears between the two is more than is needed, and never less. */
async function pinAll(deps: BackupsDeps, pins: string): Promise<{ head: BackupHead; files: readonly ArchiveFile[] }> {
  const { folder, sql, instance, clock, logger } = deps;
  await mkdir(pins, { recursive: true });
  const at = clock.now();
  const database = join(pins, "slipway.db");
  await sql.snapshot(database);
  const limitOf = deps.mark();
  const files = [toArchiveFile({ name: "slipway.db", path: database, size: (await stat(database)).size })];
  const refused = (name: string) => logger.warn({ name }, "a file with such a name cannot be in a backup");
  for (const [index, { name, path }] of (await listFiles(folder, refused)).entries()) {
    const limit = limitOf(name);
    if (limit === null) continue;
    const pin = join(pins, String(index));
    const size = await pinFile(path, pin);
    if (size !== null) files.push(toArchiveFile({ name, path: pin, size: Math.min(size, limit) }));
  }
  return { head: await toHead({ sql, instance, at, files }), files };
}

function toArchiveFile({ name, path, size }: { name: string; path: string; size: number }): ArchiveFile {
  const isBlob = /^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name);
  return { name: dataPrefix + name, path, size, sha256: isBlob ? basename(name) : null };
}

interface HeadFacts {
  readonly sql: Sql;
  readonly instance: string | null;
  readonly at: number;
  readonly files: readonly ArchiveFile[];
}

async function toHead({ sql, instance, at, files }: HeadFacts): Promise<BackupHead> {
  const { db } = sql.as<{ slipway_migrations: { id: string } }>();
  const steps = await db.selectFrom("slipway_migrations").select("id").orderBy("id").execute();
  return {
    format: backupFormat,
    slipway: slipwayVersion,
    created_at: new Date(at).toISOString(),
    instance,
    data_format: dataFolderFormat,
    migrations: steps.map(({ id }) => id),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

function toOrder(head: BackupHead, files: readonly ArchiveFile[]): PackOrder {
  return {
    head: { name: headName, text: `${JSON.stringify(head, null, 2)}\n` },
    files,
    at: Date.parse(head.created_at),
  };
}
