import { appendAudit } from "../access/index.ts";
import type { Kysely } from "../platform/sql/index.ts";
import { aliasStore } from "./alias-store.ts";
import { fileStore } from "./file-store.ts";
import { importStore } from "./import-store.ts";
import { markStore } from "./mark-store.ts";
import { modelStore } from "./model-store.ts";
import { renameStore } from "./rename-store.ts";
import { requestStore } from "./request-store.ts";
import type { RegistryTables } from "./rows.ts";
import { versionStore } from "./version-store.ts";

/** SQL of the registry on a database or inside a transaction. */
export function createRegistryStore(db: Kysely<RegistryTables>) {
  const audit = (event: Parameters<typeof appendAudit>[1]) => appendAudit(db, event);
  return {
    ...modelStore(db),
    ...renameStore(db),
    ...versionStore(db),
    ...markStore(db),
    ...requestStore(db),
    ...fileStore(db),
    ...aliasStore(db),
    ...importStore(db),
    audit,
  };
}

export type RegistryStore = ReturnType<typeof createRegistryStore>;
