import type { Backups } from "../../platform/backup/index.ts";
import { openDownload, type Download } from "../../platform/http/index.ts";
import type { Handlers } from "./register.ts";

/** The connection is cut where the backup fails on the way; its manifest, which is last, is not there then either. */
export function createBackupHandlers(backups: Backups): Pick<Handlers, "getBackup"> {
  return {
    getBackup: async ({ reply }) => {
      let download: Download | null = null;
      try {
        await backups.write(({ created_at: at }) => {
          download = openDownload(reply, {
            "content-type": "application/x-tar",
            "content-disposition": `attachment; filename="slipway-${at.slice(0, 19).replaceAll(":", "")}Z.tar"`,
            "cache-control": "no-store",
          });
          return download.write;
        });
        (download as Download | null)?.end();
      } catch (error) {
        if (download === null) throw error;
        // What was wrong stands in the log.
        (download as Download).abort();
      }
      return undefined;
    },
  };
}
