import { type Offset, segmentFile, segmentHeaderBytes } from "@slipway/runtime/log";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Maintenance } from "../../kernel/maintenance.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import type { PredictionLog } from "../prediction-log.ts";
import { type RetentionLimits, chooseExpired, isLimited } from "./choose.ts";
import { type Removed, createdAt, removeOldSegments } from "./log-retention.ts";

export interface RetentionDeps {
  /** Of the prediction log. */
  readonly logFolder: string;
  readonly logLimits: RetentionLimits;
  readonly lakeLimits: RetentionLimits;
  readonly log: Pick<PredictionLog, "growing" | "rotate">;
  readonly lake: Pick<PredictionLake, "offsets" | "listFiles" | "exclusive">;
  /** Consumers of the log beside the lake, and how far they are. */
  readonly otherReaders?: () => Promise<readonly ReadonlyMap<string, Offset>[]>;
  readonly maintenance: Maintenance;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RetentionStats {
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** When it was looked at last. */
  readonly heldBytes: number;
}

/** Takes predictions away that are older or more than is to be kept, in whole files. */
export interface Retention {
  /** Once now, then again and again. */
  start(): void;
  run(): Promise<void>;
  /** Since the start. */
  stats(): { readonly log: RetentionStats; readonly lake: RetentionStats };
  close(): Promise<void>;
}

const day = 86_400_000;

export function createRetention(deps: RetentionDeps): Retention {
  const { logFolder, logLimits, lakeLimits, log, lake, maintenance, clock, logger } = deps;
  const ages = [logLimits.ageMs, lakeLimits.ageMs].filter((age) => age !== null);
  const leastAge = ages.length === 0 ? null : Math.min(...ages);
  const stats = { log: createCount(), lake: createCount() };
  let stop: (() => void) | null = null;
  let running: Promise<void> | null = null;

  /** A file that grows for ever would never be old: a new one is begun each tenth of the age, each day at the latest. */
  async function rotateOld(now: number): Promise<void> {
    if (leastAge === null) return;
    for (const { instance, segment, byte } of await log.growing()) {
      if (byte <= segmentHeaderBytes) continue;
      const begun = await createdAt(join(logFolder, instance, segmentFile(segment)));
      if (begun !== null && begun < now - Math.min(day, leastAge / 10)) return log.rotate();
    }
  }

  async function trimLake(now: number): Promise<Removed> {
    return lake.exclusive(async (writer) => {
      const files = (await writer.listFiles()).map((file) => ({ ...file, until: file.maxAt, free: true }));
      files.sort((a, b) => a.until - b.until);
      const expired = chooseExpired(files, lakeLimits, now);
      if (expired.length > 0) await writer.replaceFiles({ remove: expired.map(({ id }) => id) });
      const bytes = expired.reduce((sum, file) => sum + file.bytes, 0);
      return { files: expired.length, bytes, heldBytes: files.reduce((sum, file) => sum + file.bytes, 0) - bytes };
    });
  }

  /** What has left the lake leaves the log, too: no query would find it any more, so no erase would. */
  async function findHorizon(now: number): Promise<number | null> {
    if (!isLimited(lakeLimits)) return null;
    const [oldest] = await lake.listFiles({ kind: "predictions" });
    const times = [oldest?.minAt, lakeLimits.ageMs === null ? undefined : now - lakeLimits.ageMs];
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? null : Math.max(...known);
  }

  async function trim(): Promise<void> {
    const now = clock.now();
    await rotateOld(now);
    note("lake", await trimLake(now));
    const readers = async () => [await lake.offsets(), ...((await deps.otherReaders?.()) ?? [])];
    const horizon = () => findHorizon(now);
    const where = { folder: logFolder, limits: logLimits, growing: log.growing, readers, horizon };
    note("log", await removeOldSegments(where, now));
  }

  function note(store: "log" | "lake", { files, bytes, heldBytes }: Removed): void {
    stats[store].removedFiles += files;
    stats[store].removedBytes += bytes;
    stats[store].heldBytes = heldBytes;
    if (files > 0) logger.info({ store, files, bytes, heldBytes }, "predictions beyond the retention were removed");
  }

  function run(): Promise<void> {
    if (!isLimited(logLimits) && !isLimited(lakeLimits)) return Promise.resolve();
    return maintenance.exclusive("retention", trim);
  }

  /** One at a time; what fails is tried again by the next. */
  function tick(): void {
    running ??= run()
      .catch((error: unknown) => logger.error({ error }, "the retention of predictions failed; it is tried again"))
      .finally(() => (running = null));
  }

  return {
    start() {
      tick();
      stop = clock.every(Math.min(60_000, Math.max(1000, (leastAge ?? Infinity) / 10)), tick);
    },
    run,
    stats: () => stats,
    async close() {
      stop?.();
      await running;
    },
  };
}

function createCount(): { -readonly [K in keyof RetentionStats]: number } {
  return { removedFiles: 0, removedBytes: 0, heldBytes: 0 };
}
