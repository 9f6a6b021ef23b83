import { SlipwayError } from "@slipway/contract";
import { dataFolderFormat } from "../sql/index.ts";

/** The first entry of a backup: what it is, before the first of its bytes is written anywhere. */
export const headName = "backup.json";
/** All files of the data folder stand below it. */
export const dataPrefix = "data/";
export const backupFormat = 1;

export interface BackupHead {
  readonly format: number;
  /** The version of Slipway that wrote it. */
  readonly slipway: string;
  /** RFC 3339. All that was committed and answered before is in it. */
  readonly created_at: string;
  /** The start of the server that wrote it; null where no server ran. */
  readonly instance: string | null;
  /** Of the data folder. */
  readonly data_format: number;
  /** The steps that its database has seen. */
  readonly migrations: readonly string[];
  /** Files of the data folder in it, and their bytes. */
  readonly files: number;
  readonly bytes: number;
}

/** @throws SlipwayError `invalid_file`; `data_folder_newer` for a format that this Slipway does not know */
export function parseHead(text: string): BackupHead {
  let head: Partial<BackupHead> | null;
  try {
    head = JSON.parse(text) as Partial<BackupHead> | null;
  } catch {
    throw notABackup();
  }
  if (typeof head?.format === "number" && head.format > backupFormat)
    throw new SlipwayError(
      "data_folder_newer",
      `The backup has the format ${head.format}; this Slipway knows formats up to ${backupFormat}. Use the Slipway that wrote it (${String(head.slipway)}), or a newer one.`,
      { format: head.format, known: backupFormat },
    );
  const whole =
    head?.format === backupFormat &&
    typeof head.slipway === "string" &&
    typeof head.created_at === "string" &&
    Number.isInteger(head.data_format) &&
    Array.isArray(head.migrations) &&
    Number.isInteger(head.files) &&
    Number.isInteger(head.bytes);
  if (!whole) throw notABackup();
  return head as BackupHead;
}

/** Whether this Slipway can serve what is in the backup. @throws SlipwayError `data_folder_newer` */
export function checkKnown(head: BackupHead, migrations: readonly string[]): void {
  const advice = `Restore it with the Slipway that wrote it (${head.slipway}), or a newer one.`;
  if (head.data_format > dataFolderFormat)
    throw new SlipwayError(
      "data_folder_newer",
      `The backup holds a data folder of the format ${head.data_format}; this Slipway knows formats up to ${dataFolderFormat}. ${advice}`,
      { format: head.data_format, known: dataFolderFormat },
    );
  const unknown = head.migrations.filter((id) => !migrations.includes(id));
  if (unknown.length > 0)
    throw new SlipwayError(
      "data_folder_newer",
      `The backup was written by a newer Slipway: its database has ${unknown.join(", ")}, which this one does not know. ${advice}`,
      { unknown },
    );
}

export function notABackup(): SlipwayError {
  return new SlipwayError("invalid_file", "This is no backup that `slipway backup` wrote: it does not begin as one.");
}
