import { mkdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { slipwayVersion, SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import { writeArchive, type ArchiveFile, type PackOrder, type WriteChunk } from "../archive/index.ts";
import { dataFolderFormat, type Sql } from "../sql/index.ts";
import { backupFormat, dataPrefix, headName, type BackupHead } from "./backup-head.ts";
import { listFiles } from "./list-files.ts";
import { pinFile } from "./pin-file.ts";

/** Backups of a data folder, in use or not, by the process that holds its lock. */
export interface Backups {
  /**
   * Writes a copy of one moment as a tar archive: all that was committed and answered before the call, and nothing torn.
   * Serving goes on. `begin` is told what it will be, before the first chunk.
   * @throws SlipwayError `conflict` while another one is written; `unimplemented` where the database is no SQLite. After
   * `begin`: Error where it cannot go on, or no chunk was taken for a minute
   */
  write(begin: (head: BackupHead) => WriteChunk): Promise<BackupHead>;
  /** Ends what is being written. */
  close(): Promise<void>;
}

export type Mark = (name: string) => number | null;

export interface BackupsDeps {
  readonly folder: string;
  readonly sql: Sql;
  /** Of the server that runs; null where none does. */
  readonly instance: string | null;
  readonly maintenance: Maintenance;
  /**
   * Asked once the database is copied: gives how many bytes of a file belong to this moment, or null where the file is
   * younger; at most all that is there. So nothing in the database is ahead of the files.
   */
  readonly mark: () => Mark | Promise<Mark>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const stallMs = 60_000;
const lookEveryMs = 5_000;

export function createBackups(deps: BackupsDeps): Backups {
  const { folder, maintenance, logger } = deps;
  let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | null = null;

  async function run(begin: (head: BackupHead) => WriteChunk, stop: AbortController): Promise<BackupHead> {
    const pins = join(folder, "tmp", `backup-${createId()}`);
    try {
      const { head, files } = await maintenance.shared("backup", () => pinAll(deps, pins), stop.signal);
      logger.info({ files: head.files, bytes: head.bytes }, "a backup is being written");
      await writeWatched(deps, { order: toOrder(head, files), write: begin(head), stop });
      logger.info({ files: head.files, bytes: head.bytes }, "a backup was written");
      return head;
    } catch (error) {
      logger.error({ error }, "a backup was not written to its end");
      throw error;
    } finally {
      await rm(pins, { recursive: true, force: true });
    }
  }

  return {
    async write(begin) {
      if (running !== null)
        throw new SlipwayError("conflict", "Another backup is being taken from this server. Wait until it has ended.");
      const stop = new AbortController();
      const ended = run(begin, stop).finally(() => (running = null));
      running = { stop, ended };
      return ended;
    },
    async close() {
      running?.stop.abort(new Error("the server is shutting down"));
      await running?.ended.catch(() => {});
    },
  };
}

interface Writing {
  readonly order: PackOrder;
  readonly write: WriteChunk;
  readonly stop: AbortController;
}

/** A reader that has gone to sleep would keep all others out, and hold what was removed meanwhile on the disk. */
async function writeWatched({ clock }: BackupsDeps, { order, write, stop }: Writing): Promise<void> {
  let takenAt = clock.monotonic();
  const stopLooking = clock.every(lookEveryMs, () => {
    if (clock.monotonic() - takenAt > stallMs) stop.abort(new Error(`nobody took anything of it for ${stallMs} ms`));
  });
  const taken: WriteChunk = async (chunk) => {
    await write(chunk);
    takenAt = clock.monotonic();
  };
  await writeArchive(order, taken, stop.signal).finally(stopLooking);
}

/** The database first, then all that it refers to: what appears between the two is more than is needed, and never less. */
async function pinAll(deps: BackupsDeps, pins: string): Promise<{ head: BackupHead; files: readonly ArchiveFile[] }> {
  const { folder, sql, instance, clock, logger } = deps;
  await mkdir(pins, { recursive: true });
  const at = clock.now();
  const database = join(pins, "slipway.db");
  await sql.snapshot(database);
  const limitOf = await deps.mark();
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
