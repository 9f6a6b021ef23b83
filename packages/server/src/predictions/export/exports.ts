import { mkdir, rm } from "node:fs/promises";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Sql, Transaction } from "../../platform/sql/index.ts";
import type { LakeFile } from "../lake/lake-file.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import type { LakeTables } from "../lake/store.ts";
import { createOutbox } from "./outbox.ts";
import { type ExportTables, createExportStore } from "./store.ts";

export interface ExportsDeps {
  /** Where copies go. Null: nothing is exported. */
  readonly target: string | null;
  /** Links to files that are still to be copied; on the volume of the lake. */
  readonly queueFolder: string;
  readonly lakeFolder: string;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between tries. 1 s where something waits. */
  readonly retryMs?: number;
}

export interface StagedFile {
  readonly id: string;
  readonly path: string;
  /** `predictions` or `shadows`. */
  readonly kind: string;
}

/** Copies each Parquet file that compaction makes to a folder of somebody else, each once, whatever happens in between. */
export interface Exports {
  /** In the transaction that lists the new files. */
  record(trx: Transaction<LakeTables>, files: readonly LakeFile[]): Promise<void>;
  /** Takes what a crash has left; from now on what waits is copied. Call it before anything takes files of the lake away. */
  start(lake: Pick<PredictionLake, "onFlush" | "exclusive">): Promise<void>;
  /** What waits of an endpoint, for whoever has to look into it. */
  listStaged(endpoint: string): Promise<readonly StagedFile[]>;
  /** In a transaction: these need not be copied any more. */
  forget(trx: Transaction<ExportTables>, ids: readonly string[]): Promise<void>;
  stats(): { readonly files: number; readonly waiting: number; readonly failures: number };
  close(): Promise<void>;
}

const quietMs = 60_000;

export function createExports(deps: ExportsDeps): Exports {
  const { target, queueFolder, sql, clock, logger } = deps;
  const store = createExportStore(sql.as<ExportTables>().db);
  const stats = { files: 0, waiting: 0, failures: 0 };
  let running: Promise<void> | null = null;
  let again = false;
  let stop: (() => void) | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;

  const outbox = createOutbox(deps, store);

  function report(error: unknown): void {
    stats.failures++;
    if (clock.monotonic() - saidAt < quietMs) return;
    saidAt = clock.monotonic();
    logger.warn({ error, folder: target }, "new Parquet files could not be copied to lake_export; it is tried again");
  }

  async function drain(): Promise<void> {
    const waiting = await store.list({ staged: 1 });
    stats.waiting = waiting.length;
    for (const one of waiting) {
      await outbox.copy(one, target as string);
      stats.files++;
      stats.waiting--;
    }
  }

  function tick(): void {
    again = running !== null;
    running ??= drain()
      .catch(report)
      .finally(() => {
        running = null;
        if (again) tick();
      });
  }

  return {
    async record(trx, files) {
      if (target !== null) await createExportStore(trx as unknown as Transaction<ExportTables>).add(files);
    },
    async start(lake) {
      if (target === null) {
        await store.clear();
        await rm(queueFolder, { recursive: true, force: true });
        return;
      }
      await mkdir(queueFolder, { recursive: true });
      await lake.exclusive(outbox.stage);
      await outbox.cleanUp();
      // A flush never fails for it: what could not be linked is tried with the next one.
      lake.onFlush("export", async () => {
        await outbox.stage().catch(report);
        tick();
      });
      tick();
      stop = clock.every(deps.retryMs ?? 1000, () => {
        if (stats.waiting > 0) tick();
      });
    },
    async listStaged(endpoint) {
      const waiting = target === null ? [] : await store.list({ staged: 1, endpoint });
      return waiting.map(({ file_id: id, kind }) => ({ id, kind, path: outbox.pathOf(id) }));
    },
    forget: (trx, ids) => createExportStore(trx).remove(ids),
    stats: () => ({ ...stats }),
    async close() {
      stop?.();
      await running;
    },
  };
}
