import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Signature } from "@slipway/runtime";
import { accessMigrations } from "../../../access/index.ts";
import { systemClock as clock } from "../../../kernel/clock.ts";
import { silentLogger as logger } from "../../../kernel/logger.ts";
import { createMaintenance } from "../../../kernel/maintenance.ts";
import { createLake } from "../../../platform/lake/index.ts";
import { createOperations, queueMigrations } from "../../../platform/queue/index.ts";
import { migrate, openSqlite } from "../../../platform/sql/index.ts";
import { createLabels } from "../../labels/labels.ts";
import { labelMigrations } from "../../labels/migrations.ts";
import { createLabelStore } from "../../labels/store.ts";
import { createPredictionLake } from "../../lake/create-prediction-lake.ts";
import { lakeMigrations } from "../../lake/migrations.ts";
import { openLog } from "../../testing/log.ts";
import { createErasures } from "../erasures.ts";
import { erasureMigrations } from "../migrations.ts";

const signature: Signature = {
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: false },
    { name: "distance", datatype: "FP32", shape: [-1], nullable: false },
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2] }],
  packed: null,
  batched: true,
};

/** The log, the lake, labels and erasures over one data folder, as a server has them. */
export async function openErasures(
  folder: string,
  onStep?: (step: string) => Promise<void>,
  onErased?: (endpoint: string) => Promise<void>,
) {
  await mkdir(folder, { recursive: true });
  const sql = await openSqlite({ path: join(folder, "slipway.db") });
  await migrate(
    sql,
    [...queueMigrations, ...accessMigrations, ...lakeMigrations, ...labelMigrations, ...erasureMigrations],
    clock,
  );
  const maintenance = createMaintenance();
  const operations = createOperations({ sql, clock, logger });
  await operations.recover();
  const logFolder = join(folder, "log");
  const { log, append, instance } = await openLog({ folder: logFolder, segmentBytes: 4000 });
  const child = () => createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock, logger });
  const lake = await createPredictionLake({
    folder: join(folder, "lake"),
    logFolder,
    tempFolder: folder,
    sql,
    reader: child(),
    writer: child(),
    maintenance,
    growing: log.growing,
    findSignature: async () => signature,
    clock,
    logger,
    intervalMs: 0,
    ...(onStep === undefined ? {} : { onStep }),
  });
  const labels = createLabelStore(sql);
  createLabels({ store: labels, lake, clock, logger });
  const erasures = createErasures({
    folder: join(folder, "erasures"),
    logFolder,
    sql,
    log,
    lake,
    maintenance,
    operations,
    clock,
    logger,
    ...(onStep === undefined ? {} : { onStep }),
    ...(onErased === undefined ? {} : { onErased }),
  });

  /** The operation when it has ended. */
  function ended(id: string) {
    return new Promise<Awaited<ReturnType<typeof operations.get>>>((resolve) => {
      const stop = operations.watch(id, (operation) => {
        if (operation.finishedAt === null) return;
        queueMicrotask(() => stop());
        resolve(operation);
      });
    });
  }

  async function close() {
    await operations.drain(20_000);
    await lake.close();
    await log.close();
    await sql.close();
  }

  return { sql, log, append, instance, lake, labels, erasures, operations, ended, close };
}
