import { encodeRoute, type RequestFields } from "@slipway/runtime";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { migrate, openSqlite } from "../../../platform/sql/index.ts";
import { flight, openLog } from "../../../predictions/testing/log.ts";
import { createCounters, type CountersDeps } from "../counters/counters.ts";
import type { Plan } from "../counters/counts.ts";
import { evidenceMigrations } from "../migrations.ts";

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

export interface TestRecord extends Partial<RequestFields> {
  readonly arm?: "champion" | "challenger" | "control";
  readonly rule?: string;
  readonly propensity?: number;
  readonly revision?: number;
  readonly endpoint?: string;
  readonly version?: number;
}

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

  /** Appends one request of a divided endpoint, and resolves when it is on record. */
  function append({ arm, rule, propensity, revision = 7, endpoint = "flights", version, ...fields }: TestRecord) {
    const record = flight(instance, endpoint, fields);
    const split = arm === undefined ? {} : { arm, rule, propensity: propensity ?? 0.5 };
    const chosen = version ?? (arm === undefined || arm === "challenger" ? 2 : 1);
    const route = {
      instance,
      epoch: 1,
      endpoint,
      revision,
      model: "flights",
      version: chosen,
      digest: "ab".repeat(32),
    };
    return new Promise<string>((resolve, reject) => {
      const written = { ...record, route: encodeRoute({ ...route, ...split }) };
      log.append(written, {}, (logged) => (logged ? resolve(record.id) : reject(new Error("not logged"))));
    });
  }

  async function close(): Promise<void> {
    await counters.close();
    await log.close();
    await sql.close();
  }

  return { data, logFolder, sql, log, counters, append, close };
}
