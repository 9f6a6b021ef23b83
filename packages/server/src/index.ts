export { startApp, type App } from "./app.ts";
export { options as serverOptions, parseConfig, type Config } from "./config/index.ts";
export { loadConfig, runServer, type RunOptions } from "./main.ts";
export { doctor, type Finding } from "./main/doctor.ts";
export { draftPackage, type DraftedPackage, type DraftPackageRequest } from "./main/package/draft-package.ts";
export { checkPackage, type CheckedPackage, type CheckPackageRequest } from "./main/package/check-package.ts";
export type { PackageFinding } from "./main/package/package-finding.ts";
export { packageDigest } from "./main/package/package-digest.ts";
export {
  keepBackup,
  restoreData,
  verifyBackup,
  type BackupHead,
  type BackupProgress,
  type CheckBackupOptions,
  type KeepBackupOptions,
} from "./main/backups.ts";
export { createToken, listTokens, revokeToken, type TokenOptions } from "./main/tokens.ts";
export { openForeignSqlite, type ForeignSqlite } from "./platform/sql/index.ts";
