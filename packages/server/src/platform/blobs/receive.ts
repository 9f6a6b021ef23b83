import { readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createId } from "../../kernel/ids.ts";
import type { BlobInfo } from "./blob-info.ts";
import { createBatchWriter, type BatchWriter } from "./batch-writer.ts";
import { digestBytes, type FileDigests, type GrowingDigest } from "./file-digest.ts";
import { openNew } from "./open-new.ts";
import { createPartsFile, type PartsFile } from "./parts-file.ts";
import { readInto, type ReceiveOptions } from "./read-into.ts";

interface ReceiverDeps {
  /** Where files grow that have no name yet. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly digests: FileDigests;
  /** The blob that is there already; it stays for whoever asked. */
  find(sha256: string): Promise<BlobInfo | null>;
  /** Moves a whole file to its place, durably. */
  keep(file: string, sha256: string): Promise<void>;
}

/** From here a thread hashes along; what is smaller is hashed when it is whole, on the thread pool. */
const followBytes = 8 * 1024 * 1024;

/** Blobs of which nobody has said what they are: hashed while they are written, once, off the event loop. */
export function createReceiver(deps: ReceiverDeps) {
  const { folder, digests } = deps;
  const growing = new Set<string>();

  async function receive(stream: Readable, options: ReceiveOptions = {}): Promise<BlobInfo> {
    const name = createId();
    const file = new GrowingFile(join(folder, name), { digests, owned: options.owned === true });
    growing.add(name);
    try {
      const size = await readInto(stream, { limit: deps.maxBytes, ...options }, (chunk) => file.add(chunk));
      const sha256 = await file.digest();
      const known = await deps.find(sha256);
      if (known !== null) return known;
      await file.finish();
      await deps.keep(file.path, sha256);
      return { sha256, size };
    } finally {
      await file.discard();
      growing.delete(name);
    }
  }

  return {
    receive,
    /** A file of which parts come in any order. */
    receiveParts(): PartsFile {
      const name = createId();
      growing.add(name);
      return createPartsFile({ ...deps, path: join(folder, name), onGone: () => growing.delete(name) });
    },
    /** What was being received when a process ended, or could not be removed then. Removes it unless `dryRun`. */
    async sweep({ dryRun }: { readonly dryRun: boolean }): Promise<readonly { name: string; bytes: number }[]> {
      const swept: { name: string; bytes: number }[] = [];
      for (const name of await readdir(folder).catch(() => [])) {
        if (growing.has(name)) continue;
        const path = join(folder, name);
        const found = await stat(path).catch(() => null);
        if (found === null) continue;
        if (!dryRun) await rm(path, { force: true });
        swept.push({ name, bytes: found.size });
      }
      return swept;
    },
  };
}

/** A file that nobody has named yet: in memory as long as it is small, on the disk from then on. */
class GrowingFile {
  readonly path: string;
  readonly #digests: FileDigests;
  readonly #writer: BatchWriter;
  #handle: FileHandle | null = null;
  #following: GrowingDigest | null = null;

  constructor(path: string, { digests, owned }: { readonly digests: FileDigests; readonly owned: boolean }) {
    this.path = path;
    this.#digests = digests;
    this.#writer = createBatchWriter({
      open: async () => (this.#handle = await openNew(path)),
      offset: 0,
      owned,
      onWritten: (to) => this.#follow(to),
    });
  }

  add(chunk: Uint8Array): Promise<void> {
    return this.#writer.add(chunk);
  }

  /** SHA-256 of all that was added. */
  async digest(): Promise<string> {
    // What is in memory whole may be here already; then it is never written.
    const whole = this.#writer.inMemory();
    if (whole !== null) return digestBytes(whole);
    await this.#writer.drain();
    return this.#following === null ? this.#digests.digest(this.path) : this.#following.end();
  }

  /** Everything is on the disk. */
  async finish(): Promise<void> {
    await this.#writer.drain();
    await this.#handle!.sync();
    await this.#close();
  }

  /** Leaves nothing behind; where the file has found its place, nothing is left. */
  async discard(): Promise<void> {
    await this.#writer.settle();
    this.#following?.forget();
    await this.#close();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  #follow(to: number): void {
    if (this.#following === null && to >= followBytes) this.#following = this.#digests.follow(this.path);
    this.#following?.grown(to);
  }
}
