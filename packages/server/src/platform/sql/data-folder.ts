import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";

/** The format of the folder that this Slipway writes: what lies where, not what the tables are. */
export const dataFolderFormat = 1;

export interface DataFolder {
  readonly folder: string;
  readonly format: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** True where this call made it. */
  readonly created: boolean;
}

/**
 * Opens a data folder, making it where there is none. `slipway.json` in it says its format; an older format will be
 * migrated here, once there is one.
 * @throws SlipwayError `data_folder_newer`, or `invalid_config` where `slipway.json` cannot be understood
 */
export async function openDataFolder(folder: string, clock: Clock): Promise<DataFolder> {
  const file = join(folder, "slipway.json");
  const found = await readFormat(file);
  if (found) return { folder, ...found, created: false };
  await mkdir(folder, { recursive: true });
  const created = await writeNew(file, { format: dataFolderFormat, created_at: clock.now() });
  const written = await readFormat(file);
  if (!written) throw new Error(`${file} vanished while it was made.`);
  return { folder, ...written, created };
}

/** Appears whole or not at all; false where another process made it first. */
async function writeNew(file: string, content: object): Promise<boolean> {
  const draft = `${file}.${createId()}`;
  const handle = await open(draft, "wx");
  try {
    await handle.writeFile(`${JSON.stringify(content)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft);
  }
}

async function readFormat(file: string): Promise<{ format: number; createdAt: number } | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const { format, createdAt } = parseFormat(file, text);
  if (format > dataFolderFormat)
    throw new SlipwayError(
      "data_folder_newer",
      `${file} says format ${format}; this Slipway knows formats up to ${dataFolderFormat}. ` +
        "Run the newer Slipway, or use another folder with --data.",
      { file, format, known: dataFolderFormat },
    );
  return { format, createdAt };
}

function parseFormat(file: string, text: string): { format: number; createdAt: number } {
  try {
    const { format, created_at: createdAt } = JSON.parse(text) as Record<string, unknown>;
    if (Number.isInteger(format) && (format as number) >= 1 && Number.isInteger(createdAt))
      return { format: format as number, createdAt: createdAt as number };
  } catch {
    // falls through to the one message
  }
  throw new SlipwayError(
    "invalid_config",
    `${file} is not a Slipway data folder's description, so the folder is not touched. Restore that file from a backup, or use another folder with --data.`,
    { file },
  );
}
