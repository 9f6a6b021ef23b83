/** The tag for SQL that the query builder has no word for; outside stores only `platform` uses it. */
export { sql as raw } from "kysely";
export type { Kysely, Transaction } from "kysely";
export { dataFolderFormat, openDataFolder } from "./data-folder.ts";
export type { DataFolder } from "./data-folder.ts";
export { forgetDeleted } from "./forget-deleted.ts";
export { lockFolder } from "./folder-lock.ts";
export type { FolderLock } from "./folder-lock.ts";
export { migrate } from "./migrate.ts";
export type { Migration } from "./migrate.ts";
export { isUniqueViolation, SqlError } from "./sql-error.ts";
export type { SqlErrorKind } from "./sql-error.ts";
export type { Sql, SqlDialect } from "./sql.ts";
export { joinFolder, waitUntilAlone } from "./shared-lock.ts";
export { takeLock, type LockMode } from "./named-lock.ts";
export { openSqlite } from "./sqlite.ts";
export type { SqliteOptions } from "./sqlite.ts";
