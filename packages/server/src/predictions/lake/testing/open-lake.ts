import type { Signature } from "@slipway/runtime";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../kernel/clock.ts";
import { type Logger, silentLogger } from "../../../kernel/logger.ts";
import { createMaintenance } from "../../../kernel/maintenance.ts";
import { createLake } from "../../../platform/lake/index.ts";
import { migrate, openSqlite } from "../../../platform/sql/index.ts";
import { openLog } from "../../testing/log.ts";
import { createPredictionLake, type LakeQuery, lakeMigrations } from "../index.ts";

/** What `flight` of testing/log.ts fits. */
export const flightSignature: Signature = {
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: false },
    { name: "distance", datatype: "FP32", shape: [-1], nullable: true },
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2], classes: ["no", "yes"] }],
  packed: null,
  batched: true,
};

export interface TestLakeOptions {
  /** A data folder; a new one unless given. */
  readonly data?: string;
  readonly onStep?: (step: string) => Promise<void>;
  readonly signatures?: Readonly<Record<string, Signature>>;
  readonly budgetBytes?: number;
  readonly segmentBytes?: number;
  readonly logger?: Logger;
}

/** A log, a database and a lake on it, all real. */
export async function openTestLake(options: TestLakeOptions = {}) {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "slipway-lake-")));
  const logFolder = join(data, "log");
  const tempFolder = join(data, "tmp");
  await mkdir(logFolder, { recursive: true });
  await mkdir(tempFolder, { recursive: true });
  const sql = await openSqlite({ path: join(data, "slipway.db") });
  await migrate(sql, [...lakeMigrations], systemClock);
  const { segmentBytes } = options;
  const opened = await openLog({ folder: logFolder, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
  const deps = { memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger };
  const lake = await createPredictionLake({
    folder: join(data, "lake"),
    logFolder,
    tempFolder,
    sql,
    reader: createLake({ ...deps, tempFolder, children: 2 }),
    writer: createLake({ ...deps, tempFolder }),
    maintenance: createMaintenance(),
    growing: opened.log.growing,
    findSignature: async (model, version) =>
      options.signatures === undefined ? flightSignature : (options.signatures[`${model}@${version}`] ?? null),
    clock: systemClock,
    logger: options.logger ?? silentLogger,
    intervalMs: 0,
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    ...(options.budgetBytes === undefined ? {} : { budgetBytes: options.budgetBytes }),
  });

  async function query(sql: string, more: Partial<LakeQuery> = {}) {
    const result = await lake.query({ endpoint: "flights", sql, format: "json", ...more });
    const bytes = await readFile(result.path);
    await rm(result.path);
    return { ...result, text: bytes.toString(), content: bytes };
  }

  async function rows(sql: string, more: Partial<LakeQuery> = {}): Promise<Record<string, unknown>[]> {
    const { text } = await query(sql, more);
    return (JSON.parse(text) as { rows: Record<string, unknown>[] }).rows;
  }

  async function close(): Promise<void> {
    await lake.close();
    await opened.log.close();
    await sql.close();
  }

  return { data, lake, log: opened.log, append: opened.append, instance: opened.instance, sql, query, rows, close };
}
