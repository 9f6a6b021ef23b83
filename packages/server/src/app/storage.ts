import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { accessMigrations } from "../access/index.ts";
import { endpointMigrations } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import { monitoringMigrations } from "../monitoring/index.ts";
import { outboxMigrations } from "../platform/outbox/index.ts";
import { queueMigrations } from "../platform/queue/index.ts";
import { erasureMigrations, exportMigrations, labelMigrations, lakeMigrations } from "../predictions/index.ts";
import { evidenceMigrations, gateMigrations, rolloutMigrations } from "../rollouts/index.ts";
import { registryMigrations, webhookMigrations } from "../registry/index.ts";
import { artifactMigrations, importMigrations, trackingMigrations } from "../tracking/index.ts";
import { lockFolder, migrate, openDataFolder, openSqlite, waitUntilAlone, type Sql } from "../platform/sql/index.ts";

/** Every capability's steps, in the order of the layers. */
export const migrations = [
  ...queueMigrations,
  ...outboxMigrations,
  ...accessMigrations,
  ...trackingMigrations,
  ...artifactMigrations,
  ...importMigrations,
  ...registryMigrations,
  ...webhookMigrations,
  ...lakeMigrations,
  ...labelMigrations,
  ...erasureMigrations,
  ...exportMigrations,
  ...endpointMigrations,
  ...monitoringMigrations,
  ...rolloutMigrations,
  ...evidenceMigrations,
  ...gateMigrations,
];

export interface Storage {
  /** Absolute. */
  readonly folder: string;
  readonly sql: Sql;
}

/** The data folder, held against a second server, and the database in it, brought to this version's tables. */
export async function openStorage(
  data: string,
  { lifecycle, clock }: { readonly lifecycle: Lifecycle; readonly clock: Clock },
): Promise<Storage> {
  const folder = resolve(data);
  await mkdir(folder, { recursive: true });
  const lock = lockFolder(folder);
  lifecycle.onStop("lock", () => lock.release());
  await openDataFolder(folder, clock);
  waitUntilAlone(join(folder, "tmp"));
  await rm(join(folder, "tmp"), { recursive: true, force: true });
  await mkdir(join(folder, "tmp"));
  const sql = await openSqlite({ path: join(folder, "slipway.db") });
  lifecycle.onStop("sql", () => sql.close());
  await migrate(sql, migrations, clock);
  return { folder, sql };
}
