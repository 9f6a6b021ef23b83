import type { Signature } from "@slipway/runtime";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { migrate, openSqlite } from "../../../platform/sql/index.ts";
import { openLog } from "../../../predictions/testing/log.ts";
import { toMonitorSettings } from "../../settings.ts";
import { watchMigrations } from "../../watch/migrations.ts";
import { createProfiler, profileMigrations, type ProfilerDeps } from "../index.ts";

/** What `flight` of the log's tests fits. */
export const flightSignature: Signature = {
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: true },
    { name: "distance", datatype: "FP32", shape: [-1], nullable: true, range: [0, 5000] },
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2], classes: ["no", "yes"] }],
  packed: null,
  batched: true,
};

export const flights = { endpoint: "flights", model: "flights", version: 2 } as const;
export const hourMs = 3_600_000;

export interface TestProfilerOptions extends Partial<Omit<ProfilerDeps, "logFolder" | "sql" | "growing">> {
  /** A data folder; a new one unless given. */
  readonly data?: string | undefined;
  readonly segmentBytes?: number | undefined;
}

/** A log, a database and a profiler of it, all real. */
export async function openTestProfiler({ segmentBytes, ...options }: TestProfilerOptions = {}) {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "slipway-profiles-")));
  const logFolder = join(data, "log");
  await mkdir(logFolder, { recursive: true });
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, [...watchMigrations, ...profileMigrations], systemClock);
  const opened = await openLog({ folder: logFolder, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
  const settings = toMonitorSettings({});
  const profiler = createProfiler({
    findSignature: () => Promise.resolve(flightSignature),
    findReference: () => Promise.resolve(null),
    settingsOf: () => settings,
    clock: systemClock,
    logger: silentLogger,
    ...options,
    logFolder,
    sql,
    growing: opened.log.growing,
  });

  async function close(): Promise<void> {
    await profiler.close();
    await opened.log.close();
    await sql.close();
  }

  return { data, sql, profiler, log: opened.log, append: opened.append, instance: opened.instance, close };
}
