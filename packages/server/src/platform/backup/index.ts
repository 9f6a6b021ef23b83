export { createBackups, type Backups, type BackupsDeps } from "./backups.ts";
export type { BackupHead } from "./backup-head.ts";
export { readBackup, type BackupProgress } from "./read-backup.ts";
export { receiveFile, receiveStream } from "./receive-backup.ts";
export { restoreBackup } from "./restore-backup.ts";
