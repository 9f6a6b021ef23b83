import type { Kysely } from "../platform/sql/index.ts";
import type { RequestMark } from "../tracking/index.ts";
import type { ModelVersion } from "./model-version.ts";
import { fromVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

export interface ModelRequest {
  readonly request: string | null;
  readonly instance: string | null;
  readonly createdAt: number;
}

export interface RequestedVersion {
  readonly version: ModelVersion;
  /** The start of the server that answered it. */
  readonly instance: string | null;
}

/** Which request made what. */
export function requestStore(db: Kysely<RegistryTables>) {
  return {
    /** What its latest making was asked for with; null where it was made by something else. */
    async findModelRequest(name: string): Promise<ModelRequest | null> {
      const row = await db
        .selectFrom("models")
        .select(["request", "instance", "created_at"])
        .where("name", "=", name)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      return row ? { request: row.request, instance: row.instance, createdAt: row.created_at } : null;
    },

    async markModelRequest(name: string, { request, instance }: Pick<RequestMark, "request" | "instance">) {
      await db.updateTable("models").set({ request, instance }).where("name", "=", name).execute();
    },

    /** The newest that this request made and that lives. */
    async findByRequest(model: string, { request, since }: RequestMark): Promise<RequestedVersion | null> {
      const row = await db
        .selectFrom("model_versions")
        .selectAll()
        .where("deleted_at", "is", null)
        .where("model", "=", model)
        .where("request", "=", request)
        .where("created_at", ">=", since)
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ? { version: fromVersionRow(row), instance: row.instance } : null;
    },

    async markVersionRequest(
      { id }: ModelVersion,
      { request, instance }: Pick<RequestMark, "request" | "instance">,
    ): Promise<void> {
      await db.updateTable("model_versions").set({ request, instance }).where("id", "=", id).execute();
    },
  };
}
