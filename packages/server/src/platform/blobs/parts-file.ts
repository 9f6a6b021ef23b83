import { createReadStream } from "node:fs";
import { rm, type FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createBatchWriter } from "./batch-writer.ts";
import type { BlobInfo } from "./blob-info.ts";
import type { FileDigests, GrowingDigest } from "./file-digest.ts";
import { openNew } from "./open-new.ts";
import { readInto, type ReceiveOptions } from "./read-into.ts";

/** A file whose parts come in any order, several at once, each to its place. */
export interface PartsFile {
  /** @returns how many bytes came. @throws SlipwayError `too_large`, `invalid_request` */
  write(offset: number, stream: Readable, options?: ReceiveOptions): Promise<number>;
  /** What was written; read it or destroy it. */
  read(): Readable;
  /** The first `size` bytes become a blob. Nothing is written any more. */
  finish(size: number): Promise<BlobInfo>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

interface PartsFileDeps {
  readonly path: string;
  readonly maxBytes: number;
  readonly digests: FileDigests;
  find(sha256: string): Promise<BlobInfo | null>;
  keep(file: string, sha256: string): Promise<void>;
  onGone(): void;
}

export function createPartsFile(deps: PartsFileDeps): PartsFile {
  const { path, digests, maxBytes } = deps;
  const hashed = createHashedFront(path, digests);
  const writes = new Set<Promise<number>>();
  let opened: Promise<FileHandle> | null = null;
  const open = () => (opened ??= openNew(path));

  async function write(offset: number, stream: Readable, options: ReceiveOptions): Promise<number> {
    hashed.writing(offset);
    const { limit = maxBytes - offset, size = null, owned = false } = options;
    const writer = createBatchWriter({ open, offset, owned, onWritten: () => {} });
    try {
      const bytes = await readInto(stream, { limit, size }, (chunk) => writer.add(chunk));
      await writer.drain();
      hashed.written(offset, bytes);
      return bytes;
    } finally {
      await writer.settle();
    }
  }

  async function discard(): Promise<void> {
    await Promise.allSettled(writes);
    hashed.forget();
    const handle = await opened?.catch(() => null);
    opened = null;
    await handle?.close();
    await rm(path, { force: true });
    deps.onGone();
  }

  return {
    async write(offset, stream, options = {}) {
      const writing = write(offset, stream, options);
      writes.add(writing);
      return writing.finally(() => writes.delete(writing));
    },
    read: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
    discard,
    async finish(size) {
      try {
        const handle = await open();
        await handle.truncate(size);
        const sha256 = await hashed.end(size);
        const known = await deps.find(sha256);
        if (known !== null) return known;
        await handle.sync();
        await deps.keep(path, sha256);
        return { sha256, size };
      } finally {
        await discard();
      }
    },
  };
}

/** Hashes along from the beginning, as far as there is no gap; all of it again where a part that was hashed comes anew. */
function createHashedFront(path: string, digests: FileDigests) {
  const parts = new Map<number, number>();
  let front = 0;
  let following: GrowingDigest | null | "too late" = null;

  function forget(): void {
    if (following !== null && following !== "too late") following.forget();
    following = "too late";
  }

  return {
    forget,
    writing(offset: number): void {
      if (offset < front) forget();
      parts.delete(offset);
    },
    written(offset: number, bytes: number): void {
      if (bytes > 0) parts.set(offset, bytes);
      const before = front;
      for (let next = parts.get(front); next !== undefined; next = parts.get(front)) front += next;
      if (front === before || following === "too late") return;
      following ??= digests.follow(path);
      following.grown(front);
    },
    async end(size: number): Promise<string> {
      const along = following;
      following = "too late";
      if (along !== null && along !== "too late") {
        if (front === size) return along.end();
        along.forget();
      }
      return digests.digest(path);
    },
  };
}
