import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { checkFilePaths } from "../../platform/blobs/index.ts";

export interface PackageFile {
  /** In the package, with `/`. */
  readonly path: string;
  /** Where it lies on this machine. */
  readonly absolute: string;
}

/**
 * The files in a folder of their own, as a server would lay them out, until `use` is done: looking at a model may write a
 * copy of it, which has no place beside the author's files.
 */
export async function openPackage<T>(files: readonly PackageFile[], use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-package-"));
  try {
    await addFiles(files, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lays further files into an open package. */
export async function addFiles(files: readonly PackageFile[], folder: string): Promise<void> {
  checkFilePaths(files.map((file) => file.path));
  for (const { path, absolute } of files) await place(absolute, join(folder, path));
}

/** A link costs nothing, where the temporary folder is on the same disk. */
async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
}

/** SHA-256 in lower-case hex. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
