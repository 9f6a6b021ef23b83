import type { Offset } from "@slipway/runtime/log";
import type { Sql, Transaction } from "../../platform/sql/index.ts";
import type { LakeFile, LakeFileFilter } from "./lake-file.ts";

interface LakeFileRow {
  id: string;
  kind: string;
  endpoint: string;
  signature_hash: string;
  day: string;
  path: string;
  rows: number;
  bytes: number;
  min_at: number;
  max_at: number;
  created_at: number;
}

export interface LakeTables {
  lake_files: LakeFileRow;
  lake_offsets: { consumer: string; instance: string; segment: number; byte: number };
}

/** SQL of the lake on a database or inside a transaction. */
export function createLakeStore(db: Sql<LakeTables>["db"] | Transaction<LakeTables>) {
  return {
    /** By age of their first row. */
    async listFiles(filter: LakeFileFilter = {}): Promise<LakeFile[]> {
      const { kind, endpoint, since, until } = filter;
      let query = db.selectFrom("lake_files").selectAll();
      if (kind !== undefined) query = query.where("kind", "=", kind);
      if (endpoint !== undefined) query = query.where("endpoint", "=", endpoint);
      if (typeof since === "number") query = query.where("max_at", ">=", since);
      if (typeof until === "number") query = query.where("min_at", "<", until);
      return (await query.orderBy("min_at").orderBy("id").execute()).map(fromRow);
    },

    async addFiles(files: readonly LakeFile[]): Promise<void> {
      for (const file of files) await db.insertInto("lake_files").values(toRow(file)).execute();
    },

    /** How many of them were there. */
    async removeFiles(ids: readonly string[]): Promise<number> {
      let removed = 0n;
      for (const id of ids) {
        const { numDeletedRows } = await db.deleteFrom("lake_files").where("id", "=", id).executeTakeFirst();
        removed += numDeletedRows;
      }
      return Number(removed);
    },

    async listOffsets(consumer: string): Promise<Offset[]> {
      const rows = await db
        .selectFrom("lake_offsets")
        .selectAll()
        .where("consumer", "=", consumer)
        .orderBy("instance")
        .execute();
      return rows.map(({ instance, segment, byte }) => ({ instance, segment, byte }));
    },

    async putOffsets(consumer: string, offsets: readonly Offset[]): Promise<void> {
      for (const { instance, segment, byte } of offsets)
        await db
          .insertInto("lake_offsets")
          .values({ consumer, instance, segment, byte })
          .onConflict((conflict) => conflict.columns(["consumer", "instance"]).doUpdateSet({ segment, byte }))
          .execute();
    },

    /** Instances whose segments are all gone are nobody's. */
    async removeOffsets(consumer: string, instances: readonly string[]): Promise<void> {
      for (const instance of instances)
        await db.deleteFrom("lake_offsets").where("consumer", "=", consumer).where("instance", "=", instance).execute();
    },
  };
}

export type LakeStore = ReturnType<typeof createLakeStore>;

function toRow(file: LakeFile): LakeFileRow {
  const { id, kind, endpoint, day, path, rows, bytes } = file;
  const times = { min_at: file.minAt, max_at: file.maxAt, created_at: file.createdAt };
  return { id, kind, endpoint, signature_hash: file.signature, day, path, rows, bytes, ...times };
}

function fromRow(row: LakeFileRow): LakeFile {
  const { id, endpoint, day, path, rows, bytes } = row;
  const times = { minAt: row.min_at, maxAt: row.max_at, createdAt: row.created_at };
  const kind = row.kind === "labels" || row.kind === "shadows" ? row.kind : "predictions";
  return { id, kind, endpoint, signature: row.signature_hash, day, path, rows, bytes, ...times };
}
