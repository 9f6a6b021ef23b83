import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import type { BlobInfo } from "./blob-info.ts";
import { FileDigests } from "./file-digest.ts";
import { createLayouts } from "./layout.ts";
import type { LayoutFile } from "./layout.ts";
import { createLeases } from "./leases.ts";
import type { PartsFile } from "./parts-file.ts";
import type { ReceiveOptions } from "./read-into.ts";
import { pour } from "./pour.ts";
import { createReceiver } from "./receive.ts";
import { syncFolder } from "./sync-folder.ts";
import { createUploads } from "./upload.ts";
import { createVerifiedFiles, type VerifiedFiles } from "./verified-files.ts";
import type { PutOptions, PutResult } from "./upload.ts";

/** A blob, or what was received of one. */
export interface ListedBlob extends BlobInfo {
  /** When it was written, or last promised to somebody; milliseconds since 1970. */
  readonly changedAt: number;
}

/** Blobs that are in use. */
export interface BlobHold {
  /** Those that are not there. */
  readonly missing: readonly string[];
  /** `used`: something refers to them now, so that promises that led to it need not be kept any longer. */
  release(how?: { readonly used: boolean }): void;
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
  /**
   * Reads the blob, off the event loop, unless this process has read it since it last changed; `fresh` reads it in any case.
   * One whose bytes are not those of its name is put aside as `SHA256.damaged`: the same file can be uploaded again.
   * @throws SlipwayError `blob_not_found`, `damaged_blob`
   */
  verify(sha256: string, options?: { readonly fresh?: boolean }): Promise<void>;
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
  /**
   * Takes bytes of which nobody has said the digest: hashed off the event loop while they are written to one file, durable
   * when this resolves, and kept from removal for an hour. What breaks off leaves nothing. The stream is never destroyed here.
   * @throws SlipwayError `too_large`; `invalid_request` where `size` bytes were announced and fewer or more came
   */
  receive(stream: Readable, options?: ReceiveOptions): Promise<BlobInfo>;
  /** The same for a file that comes in parts. Call `finish` or `discard`. */
  receiveParts(): PartsFile;
  /** What a process that was killed has left of `receive`: removed unless `dryRun`. */
  sweepReceived(how: {
    readonly dryRun: boolean;
  }): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  /** Bytes of the unfinished upload that are on disk; 0 where there is none. */
  partial(sha256: string): Promise<number>;
  /** @throws SlipwayError `blob_not_found`; `invalid_request` where the range is not inside the blob */
  open(sha256: string, range?: ByteRange): Promise<OpenBlob>;
  /**
   * The bytes of a range without a stream: many gigabytes cost two buffers. A piece is only whole until `write` resolves.
   * @throws SlipwayError as `open`, and whatever `write` throws
   */
  pour(sha256: string, range: ByteRange, write: (piece: Uint8Array) => Promise<void>): Promise<void>;
  /**
   * `stat` for somebody who will leave the upload out because the blob is there: it is not removed for an hour, nor as
   * long as `remove` is told to leave what changed lately.
   */
  renew(sha256: string): Promise<BlobInfo | null>;
  /** Keeps blobs from being removed until they are released. */
  hold(sha256s: readonly string[]): Promise<BlobHold>;
  /** True where it was there. Whoever calls knows that nothing refers to it. */
  delete(sha256: string): Promise<boolean>;
  /**
   * Removes a blob unless it changed at `before` or later, somebody holds it or was promised it, or `isNeeded` says so,
   * which is asked last. True where it was removed. Who asks for it at the same moment is told that it is gone, or keeps it.
   */
  remove(sha256: string, unless: { readonly before: number; isNeeded(): Promise<boolean> }): Promise<boolean>;
  /** Whether `remove` would leave it alone for somebody's sake. */
  isTaken(sha256: string): boolean;
  /** All whole blobs, in the order of their digests. */
  list(): AsyncIterable<ListedBlob>;
  /** Unfinished uploads that nobody is sending to. */
  listPartials(): AsyncIterable<ListedBlob>;
  /** Throws away what was received of an upload; false where somebody is sending. */
  dropPartial(sha256: string): Promise<boolean>;
  /**
   * Lays the verified files into `folder`, which appears whole or not at all; where it is there with all files, nothing is
   * done.
   * @throws SlipwayError `blob_not_found`, `damaged_blob`; `invalid_request` for a path that does not stay inside
   */
  layout(files: readonly LayoutFile[], folder: string): Promise<void>;
}

export interface BlobStoreOptions {
  /** `blobs` of the data folder: `<first two digits>/<sha256>`, and `partial/<sha256>` for uploads. */
  readonly folder: string;
  /** The largest blob that is taken; no bound unless given. */
  readonly maxBytes?: number;
  /** The system's unless given. */
  readonly clock?: Clock;
}

const shaPattern = /^[0-9a-f]{64}$/;

export function createBlobStore(options: BlobStoreOptions): BlobStore {
  const { folder, maxBytes = Number.MAX_SAFE_INTEGER, clock = systemClock } = options;
  const digests = new FileDigests();
  const path = (sha256: string) => join(folder, parseSha256(sha256).slice(0, 2), sha256);
  const partialPath = (sha256: string) => join(folder, "partial", parseSha256(sha256));
  const findSize = async (file: string) => (await statOrNull(file))?.size ?? null;
  const guard = createGuard({ path, clock });

  const verified = createVerifiedFiles((file) => digests.digest(file));
  const layout = createLayouts(verified);
  const { verify, renew } = createVerification({ path, guard, verified });

  const store: BlobStore = {
    path,
    ...guard,
    verify,
    renew,
    async stat(sha256) {
      const size = await findSize(path(sha256));
      return size === null ? null : { sha256, size };
    },
    partial: async (sha256) => (await findSize(partialPath(sha256))) ?? 0,
    open: (sha256, range) => openBlob(path(sha256), sha256, range),
    async pour(sha256, range, write) {
      const { handle, start, end } = await openRange(path(sha256), sha256, range);
      try {
        await pour(handle, { start, end }, write);
      } finally {
        await handle.close();
      }
    },
    async delete(sha256) {
      if ((await store.stat(sha256)) === null) return false;
      await rm(path(sha256), { force: true });
      return true;
    },
    list: () => listBlobs(folder),
    async *listPartials() {
      for await (const partial of listShelf(join(folder, "partial")))
        if (!uploads.isBusy(partial.sha256)) yield partial;
    },
    dropPartial: (sha256) => uploads.drop(sha256),
    put: (sha256, stream, how) => uploads.put(sha256, stream, how),
    receive: (stream, how) => receiver.receive(stream, how),
    receiveParts: () => receiver.receiveParts(),
    sweepReceived: (how) => receiver.sweep(how),
    async layout(files, target) {
      for (const { sha256 } of files) await verify(sha256);
      const sources = files.map((file) => ({ ...file, source: path(file.sha256) }));
      await layout(sources, target);
    },
  };
  async function keep(file: string, sha256: string): Promise<void> {
    const shelf = join(folder, sha256.slice(0, 2));
    const made = await mkdir(shelf, { recursive: true });
    await chmod(file, 0o444);
    await rename(file, path(sha256));
    await syncFolder(shelf);
    if (made !== undefined) await syncFolder(folder);
    await guard.renew(sha256);
    await verified.remember(path(sha256), sha256).catch(() => {});
  }
  const uploads = createUploads({
    maxBytes,
    partialPath,
    findWhole: async (sha256) => (await renew(sha256))?.size ?? null,
    digest: (file) => digests.digest(file),
    keep,
  });
  const growing = join(folder, "partial", "growing");
  const receiver = createReceiver({ folder: growing, maxBytes, digests, find: renew, keep });
  return store;
}

/** Between those who were told that a blob is there and those who take away what nothing refers to. */
function createGuard({ path, clock }: { path: (sha256: string) => string; clock: Clock }) {
  const leases = createLeases(() => clock.monotonic());
  /** While a file is being removed, nobody is told that it is there. */
  const removing = new Map<string, Promise<void>>();

  async function find(sha256: string): Promise<BlobInfo | null> {
    const file = path(sha256);
    await removing.get(sha256);
    const found = await statOrNull(file);
    return found && { sha256, size: found.size };
  }

  return {
    isTaken: leases.isTaken,
    async renew(sha256) {
      const file = path(sha256);
      leases.renew(sha256);
      const found = await find(sha256);
      const now = clock.now() / 1000;
      if (found) await utimes(file, now, now);
      return found;
    },
    async hold(sha256s) {
      const releases = sha256s.map((sha256) => leases.hold(sha256));
      const found = await Promise.all(sha256s.map(find));
      return {
        missing: sha256s.filter((_, index) => found[index] === null),
        release: (how = { used: false }) => releases.forEach((release) => release(how)),
      };
    },
    async remove(sha256, { before, isNeeded }) {
      const file = path(sha256);
      const found = await statOrNull(file);
      if (!found || found.mtimeMs >= before || (await isNeeded())) return false;
      // From here to the entry in `removing` nothing is awaited: whoever asks is before or behind both.
      if (leases.isTaken(sha256) || removing.has(sha256)) return false;
      const removal = rm(file, { force: true });
      removing.set(sha256, removal);
      try {
        await removal;
        return true;
      } finally {
        removing.delete(sha256);
      }
    },
  } satisfies Partial<BlobStore>;
}

/** Nobody is told that a blob is there, or gets it laid out, whose bytes have changed. */
function createVerification({
  path,
  guard,
  verified,
}: {
  readonly path: (sha256: string) => string;
  readonly guard: Pick<BlobStore, "renew">;
  readonly verified: VerifiedFiles;
}) {
  async function verify(sha256: string, { fresh = false } = {}): Promise<void> {
    const file = path(sha256);
    const isWhole = await verified.holds(file, sha256, { fresh }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw blobNotFound(sha256);
      throw error;
    });
    if (isWhole) return;
    await rename(file, `${file}.damaged`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    throw new SlipwayError(
      "damaged_blob",
      `The stored file ${sha256} has changed on disk; it was put aside as ${sha256}.damaged. Deploy the same files again to put it right.`,
      { sha256 },
    );
  }

  /** Null, too, for one that turns out to be damaged: whoever has the bytes may send them again. */
  async function renew(sha256: string): Promise<BlobInfo | null> {
    try {
      await verify(sha256);
    } catch (error) {
      if (!SlipwayError.is(error)) throw error;
      return guard.renew(sha256);
    }
    const found = await guard.renew(sha256);
    if (found) await verified.remember(path(sha256), sha256).catch(() => {});
    return found;
  }

  return { verify, renew };
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

function blobNotFound(sha256: string): SlipwayError {
  return new SlipwayError("blob_not_found", `There is no blob ${sha256}. Upload it first.`, { sha256 });
}

async function openRange(file: string, sha256: string, range: ByteRange) {
  const handle = await open(file, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw blobNotFound(sha256);
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
  return { handle, size, start, end };
}

async function openBlob(file: string, sha256: string, range: ByteRange = { start: 0 }): Promise<OpenBlob> {
  const { handle, size, start, end } = await openRange(file, sha256, range);
  if (start === end) {
    await handle.close();
    return { sha256, size, start, end, stream: Readable.from([]) };
  }
  const stream = handle.createReadStream({ start, end: end - 1, highWaterMark: 256 * 1024 });
  return { sha256, size, start, end, stream };
}

async function* listBlobs(folder: string): AsyncIterable<ListedBlob> {
  for (const shelf of (await readdirOrNone(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name)).toSorted())
    yield* listShelf(join(folder, shelf));
}

async function* listShelf(folder: string): AsyncIterable<ListedBlob> {
  for (const sha256 of (await readdirOrNone(folder)).toSorted()) {
    if (!shaPattern.test(sha256)) continue;
    const found = await statOrNull(join(folder, sha256));
    if (found) yield { sha256, size: found.size, changedAt: found.mtimeMs };
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
