import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { migrate, openSqlite } from "../../../platform/sql/index.ts";
import { openLog } from "../../../predictions/testing/log.ts";
import { createCounters, type CountersDeps } from "../counters/counters.ts";
import type { Plan } from "../counters/counts.ts";
import { evidenceMigrations } from "../migrations.ts";
import { createAppend } from "./append-divided.ts";

export interface TestCountersOptions extends Partial<Pick<CountersDeps, "onStep">> {
  /** A data folder; a new one unless given. */
  readonly data?: string;
  readonly segmentBytes?: number;
}

export const plan: Plan = {
  rollout: "r1",
  endpoint: "flights",
  model: "flights",
  from: 1,
  to: 2,
  budgets: { latency: 50, slow: null },
};

/** A log, a database and the counters of it, all real. */
export async function openTestCounters({ segmentBytes, ...options }: TestCountersOptions = {}) {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "slipway-evidence-")));
  const logFolder = join(data, "log");
  await mkdir(logFolder, { recursive: true });
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, evidenceMigrations, systemClock);
  const { log, instance } = await openLog({
    folder: logFolder,
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  const counters = createCounters({ logFolder, sql, log, clock: systemClock, logger: silentLogger, ...options });

  const append = createAppend(log, instance);

  async function close(): Promise<void> {
    await counters.close();
    await log.close();
    await sql.close();
  }

  return { data, logFolder, sql, log, counters, append, close };
}
