import type { Sql, Transaction } from "../../platform/sql/index.ts";
import type { Erasure, ErasureFacts, ErasureStep } from "./erasure.ts";

interface ErasureRow {
  id: string;
  endpoint: string;
  predicate_sha256: string;
  author: string | null;
  step: string;
  predictions: number;
  requests: number;
  widened: number;
  labels: number;
  segments: number;
  lake_files: number;
  unreadable_bytes: number;
  created_at: number;
  finished_at: number | null;
}

export interface ErasureTables {
  erasures: ErasureRow;
}

/** SQL of erasures on a database or inside a transaction. */
export function createErasureStore(db: Sql<ErasureTables>["db"] | Transaction<ErasureTables>) {
  return {
    async insert({ predicate, lakeFiles, unreadableBytes, createdAt, finishedAt, ...rest }: Erasure): Promise<void> {
      const row = { ...rest, predicate_sha256: predicate, lake_files: lakeFiles, unreadable_bytes: unreadableBytes };
      await db
        .insertInto("erasures")
        .values({ ...row, created_at: createdAt, finished_at: finishedAt })
        .execute();
    },

    async find(id: string): Promise<Erasure | null> {
      const row = await db.selectFrom("erasures").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? toErasure(row) : null;
    },

    /** Oldest first. */
    async listUnfinished(): Promise<Erasure[]> {
      const rows = await db.selectFrom("erasures").selectAll().where("step", "!=", "done").orderBy("id").execute();
      return rows.map(toErasure);
    },

    /** The step is done: what it found out, and the next one. */
    async advance(id: string, step: ErasureStep, facts: ErasureFacts): Promise<void> {
      const { lakeFiles, unreadableBytes, finishedAt, ...rest } = facts;
      await db
        .updateTable("erasures")
        .set({
          ...rest,
          step,
          ...(lakeFiles === undefined ? {} : { lake_files: lakeFiles }),
          ...(unreadableBytes === undefined ? {} : { unreadable_bytes: unreadableBytes }),
          ...(finishedAt === undefined ? {} : { finished_at: finishedAt }),
        })
        .where("id", "=", id)
        .execute();
    },
  };
}

function toErasure({
  predicate_sha256,
  lake_files,
  unreadable_bytes,
  created_at,
  finished_at,
  ...row
}: ErasureRow): Erasure {
  return {
    ...row,
    step: row.step as ErasureStep,
    predicate: predicate_sha256,
    lakeFiles: lake_files,
    unreadableBytes: unreadable_bytes,
    createdAt: created_at,
    finishedAt: finished_at,
  };
}
