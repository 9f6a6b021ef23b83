import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { FileDigests } from "./file-digest.ts";
import { layoutFiles } from "./layout.ts";
import type { LayoutFile } from "./layout.ts";
import { syncFolder } from "./sync-folder.ts";
import { createUploads } from "./upload.ts";
import type { PutOptions, PutResult } from "./upload.ts";

export interface BlobInfo {
  readonly sha256: string;
  readonly size: number;
}

/** Bytes `start` (inclusive) to `end` (exclusive; the end of the blob unless given). */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface OpenBlob extends BlobInfo {
  readonly start: number;
  readonly end: number;
  /** Read it or destroy it; it holds the file open. */
  readonly stream: Readable;
}

/**
 * Immutable bytes under their SHA-256 (64 lower-case hexadecimal digits; anything else is `invalid_request`). A blob is
 * there whole and verified or not at all; what is being uploaded waits apart and survives a crash.
 */
export interface BlobStore {
  /** Null where there is no such blob. */
  stat(sha256: string): Promise<BlobInfo | null>;
  /** Where the bytes lie, whether or not they are there. The file is read-only: it is shared by hard links. */
  path(sha256: string): string;
  /**
   * Appends the stream to the upload of this blob, exactly at `offset`; what arrived before an error is kept. Where the
   * upload is whole, it is hashed off the event loop, compared and made durable before this resolves. Where the blob is
   * there already, the stream is left unread; it is never destroyed here.
   * @throws SlipwayError `conflict` with `details.received` (send from there) where `offset` is not the end of what was
   * received or somebody else is sending; `digest_mismatch` (what was received is thrown away); `too_large`
   */
  put(sha256: string, stream: Readable, options: PutOptions): Promise<PutResult>;
  /** Bytes of the unfinished upload that are on disk; 0 where there is none. */
  partial(sha256: string): Promise<number>;
  /** @throws SlipwayError `blob_not_found`; `invalid_request` where the range is not inside the blob */
  open(sha256: string, range?: ByteRange): Promise<OpenBlob>;
  /** True where it was there. Whoever calls knows that nothing refers to it. */
  delete(sha256: string): Promise<boolean>;
  /** All whole blobs, in the order of their digests. */
  list(): AsyncIterable<BlobInfo>;
  /**
   * Lays the files into `folder`, which appears whole or not at all; where it is there with all files, nothing is done.
   * @throws SlipwayError `blob_not_found`; `invalid_request` for a path that does not stay inside
   */
  layout(files: readonly LayoutFile[], folder: string): Promise<void>;
}

export interface BlobStoreOptions {
  /** `blobs` of the data folder: `<first two digits>/<sha256>`, and `partial/<sha256>` for uploads. */
  readonly folder: string;
  /** The largest blob that is taken; no bound unless given. */
  readonly maxBytes?: number;
}

const shaPattern = /^[0-9a-f]{64}$/;

export function createBlobStore({ folder, maxBytes = Number.MAX_SAFE_INTEGER }: BlobStoreOptions): BlobStore {
  const digests = new FileDigests();
  const path = (sha256: string) => join(folder, parseSha256(sha256).slice(0, 2), sha256);
  const partialPath = (sha256: string) => join(folder, "partial", parseSha256(sha256));
  const findSize = async (file: string) => (await statOrNull(file))?.size ?? null;

  const store: BlobStore = {
    path,
    async stat(sha256) {
      const size = await findSize(path(sha256));
      return size === null ? null : { sha256, size };
    },
    put: createUploads({
      maxBytes,
      partialPath,
      findWhole: (sha256) => findSize(path(sha256)),
      digest: (file) => digests.digest(file),
      keep: async (file, sha256) => {
        const shelf = join(folder, sha256.slice(0, 2));
        const made = await mkdir(shelf, { recursive: true });
        await chmod(file, 0o444);
        await rename(file, path(sha256));
        await syncFolder(shelf);
        if (made !== undefined) await syncFolder(folder);
      },
    }),
    partial: async (sha256) => (await findSize(partialPath(sha256))) ?? 0,
    open: (sha256, range) => openBlob(path(sha256), sha256, range),
    async delete(sha256) {
      if ((await store.stat(sha256)) === null) return false;
      await rm(path(sha256), { force: true });
      return true;
    },
    list: () => listBlobs(folder),
    async layout(files, target) {
      const sources = files.map((file) => ({ path: file.path, source: path(file.sha256) }));
      await layoutFiles(sources, target);
    },
  };
  return store;
}

/** @throws SlipwayError `invalid_request` */
export function parseSha256(text: string): string {
  if (shaPattern.test(text)) return text;
  throw new SlipwayError(
    "invalid_request",
    `${JSON.stringify(text.slice(0, 80))} is not a SHA-256: it has 64 hexadecimal digits in lower case.`,
    { sha256: text.slice(0, 80) },
  );
}

async function openBlob(file: string, sha256: string, range: ByteRange = { start: 0 }): Promise<OpenBlob> {
  const handle = await open(file, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new SlipwayError("blob_not_found", `There is no blob ${sha256}. Upload it first.`, { sha256 });
  });
  const { size } = await handle.stat();
  const { start, end = size } = range;
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= size)) {
    await handle.close();
    throw new SlipwayError("invalid_request", `The blob has ${size} bytes; ${start} to ${end} is not a part of it.`, {
      sha256,
      size,
    });
  }
  if (start === end) {
    await handle.close();
    return { sha256, size, start, end, stream: Readable.from([]) };
  }
  const stream = handle.createReadStream({ start, end: end - 1, highWaterMark: 256 * 1024 });
  return { sha256, size, start, end, stream };
}

async function* listBlobs(folder: string): AsyncIterable<BlobInfo> {
  for (const shelf of (await readdirOrNone(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name)).toSorted()) {
    for (const sha256 of (await readdirOrNone(join(folder, shelf))).toSorted()) {
      if (!shaPattern.test(sha256)) continue;
      const found = await statOrNull(join(folder, shelf, sha256));
      if (found) yield { sha256, size: found.size };
    }
  }
}

function readdirOrNone(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

function statOrNull(file: string) {
  return stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}
