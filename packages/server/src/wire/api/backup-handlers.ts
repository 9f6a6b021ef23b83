import type { Backups } from "../../platform/backup/index.ts";
import type { Handlers } from "./register.ts";

/** The answer ends without its last bytes where the backup fails on the way: a reader notices, since the manifest is last. */
export function createBackupHandlers(backups: Backups): Pick<Handlers, "getBackup"> {
  return {
    getBackup: async ({ reply }) => {
      const { head, stream } = await backups.start();
      const name = `slipway-${head.created_at.slice(0, 19).replaceAll(":", "")}Z.tar`;
      reply
        .header("content-type", "application/x-tar")
        .header("content-disposition", `attachment; filename="${name}"`)
        .header("cache-control", "no-store");
      return stream;
    },
  };
}
