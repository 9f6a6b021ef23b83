import { constants } from "node:fs";
import { copyFile, link, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../../kernel/ids.ts";
import { checkFilePaths } from "./file-path.ts";
import type { VerifiedFiles } from "./verified-files.ts";

export interface LayoutFile {
  /** Relative, as `parseFilePath` wants it. */
  readonly path: string;
  readonly sha256: string;
}

/** File systems that cannot link, or not from there to here, or not once more. */
const cannotLink = new Set(["EXDEV", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

interface Source extends LayoutFile {
  readonly source: string;
}

/** See `BlobStore.layout`. */
export async function layoutFiles(files: readonly Source[], folder: string, verified: VerifiedFiles): Promise<void> {
  checkFilePaths(files.map((file) => file.path));
  const isThere = () => isLaidOut(files, folder, verified);
  if (await isThere()) return;
  const draft = `${folder}.${createId()}`;
  try {
    await mkdir(draft, { recursive: true });
    for (const file of files) await place(file.source, join(draft, file.path));
    await replaceFolder(draft, folder, isThere);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A folder that somebody else completed meanwhile is left alone: its files may be being opened. */
async function replaceFolder(draft: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(draft, folder);
    } catch (error) {
      if (await isThere()) return;
      if (attempt === 3) throw error;
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await link(source, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") throw notFound(source, error);
    if (!cannotLink.has(code)) throw error;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}

function notFound(source: string, cause: unknown): SlipwayError {
  const sha256 = source.slice(-64);
  return new SlipwayError("blob_not_found", `There is no blob ${sha256}. Upload it first.`, { sha256 }, cause);
}

/** By the bytes: what was linked is known from the blob, what was copied may have changed by itself. */
async function isLaidOut(files: readonly Source[], folder: string, verified: VerifiedFiles): Promise<boolean> {
  try {
    for (const file of files) {
      const there = join(folder, file.path);
      if (!(await stat(there)).isFile() || !(await verified.holds(there, file.sha256))) return false;
    }
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}
