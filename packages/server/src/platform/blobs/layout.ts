import { constants } from "node:fs";
import { copyFile, link, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../../kernel/ids.ts";
import { Turns } from "../../kernel/turns.ts";
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

/** See `BlobStore.layout`. One at a time for each folder: a repair must not take away what another has just made. */
export function createLayouts(verified: VerifiedFiles) {
  const turns = new Turns();

  return async (files: readonly Source[], folder: string): Promise<void> => {
    checkFilePaths(files.map((file) => file.path));
    await turns.take(folder, () => layoutFiles(files, folder, verified));
  };
}

async function layoutFiles(files: readonly Source[], folder: string, verified: VerifiedFiles): Promise<void> {
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
      if (attempt === mostReplacements) throw error;
      await moveAway(folder);
    }
  }
}

/** Other processes may lay out the same folder: each failure is a step forward of one of them. */
const mostReplacements = 10;

/** Not removed where it is: what another one puts in its place would lose files to that. */
async function moveAway(folder: string): Promise<void> {
  const away = `${folder}.${createId()}`;
  try {
    await rename(folder, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await rm(away, { recursive: true, force: true });
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
