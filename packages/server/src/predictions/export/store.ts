import type { Sql, Transaction } from "../../platform/sql/index.ts";
import type { LakeFile } from "../lake/lake-file.ts";

/** A file of the lake that is still to be copied. */
export interface PendingExport {
  readonly file_id: string;
  readonly endpoint: string;
  readonly day: string;
  /** `predictions` or `shadows`. */
  readonly kind: string;
  /** Below the folder of the lake. */
  readonly path: string;
  /** 1: a link to it is kept, so that the lake may do without it. */
  readonly staged: number;
}

export interface ExportTables {
  lake_exports: PendingExport;
}

/** SQL of exports on a database or inside a transaction. */
export function createExportStore(db: Sql<ExportTables>["db"] | Transaction<ExportTables>) {
  return {
    async add(files: readonly LakeFile[]): Promise<void> {
      for (const { id, kind, endpoint, day, path } of files)
        await db.insertInto("lake_exports").values({ file_id: id, kind, endpoint, day, path, staged: 0 }).execute();
    },
    /** In the order in which the files were made. */
    async list(filter: { readonly staged?: number; readonly endpoint?: string } = {}): Promise<PendingExport[]> {
      let query = db.selectFrom("lake_exports").selectAll();
      if (filter.staged !== undefined) query = query.where("staged", "=", filter.staged);
      if (filter.endpoint !== undefined) query = query.where("endpoint", "=", filter.endpoint);
      return query.orderBy("file_id").execute();
    },
    async stage(id: string): Promise<void> {
      await db.updateTable("lake_exports").set({ staged: 1 }).where("file_id", "=", id).execute();
    },
    async remove(ids: readonly string[]): Promise<void> {
      for (const id of ids) await db.deleteFrom("lake_exports").where("file_id", "=", id).execute();
    },
    async clear(): Promise<void> {
      await db.deleteFrom("lake_exports").execute();
    },
  };
}

export type ExportStore = ReturnType<typeof createExportStore>;
