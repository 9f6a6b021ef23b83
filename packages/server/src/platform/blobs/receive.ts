import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../../kernel/ids.ts";
import { tooLarge, type BlobInfo } from "./blob-info.ts";
import { digestBytes, type FileDigests, type GrowingDigest } from "./file-digest.ts";

export interface ReceiveOptions {
  /** Most bytes; those of the store unless given. */
  readonly limit?: number;
  /** How many were announced: fewer are refused. */
  readonly size?: number | null;
  /** Nobody else looks at the chunks, as with the body of a request: their memory is given back once they are written. */
  readonly owned?: boolean;
}

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

/** Written and told to the hashing thread at once: a call for each chunk of a socket would cost more than the bytes. */
const batchBytes = 1024 * 1024;
/** From here a thread hashes along; what is smaller is hashed when it is whole, on the thread pool. */
const followBytes = 8 * batchBytes;

/** Blobs of which nobody has said what they are: hashed while they are written, once, off the event loop. */
export function createReceiver(deps: ReceiverDeps) {
  const { folder, digests } = deps;
  const growing = new Set<string>();

  async function receive(stream: Readable, options: ReceiveOptions = {}): Promise<BlobInfo> {
    const name = createId();
    const file = new GrowingFile(join(folder, name), { digests, owned: options.owned === true });
    growing.add(name);
    try {
      const size = await fill(file, stream, { limit: deps.maxBytes, ...options });
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

async function fill(
  file: GrowingFile,
  stream: Readable,
  { limit, size = null }: { readonly limit: number; readonly size?: number | null },
): Promise<number> {
  if (size !== null && size > limit) throw tooLarge(limit);
  let received = 0;
  // Destroying a request would close its socket before the error could be answered.
  const chunks: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > limit) throw tooLarge(limit);
    await file.add(chunk);
  }
  if (size !== null && received !== size)
    throw new SlipwayError("invalid_request", `The upload ended at ${received} of ${size} bytes. Send the file again.`);
  return received;
}

/** A file that is written a batch at a time; while one is on its way to the disk, the next one is gathered. */
class GrowingFile {
  readonly path: string;
  readonly #digests: FileDigests;
  readonly #owned: boolean;
  #batch: Uint8Array[] = [];
  #batched = 0;
  #written = 0;
  #writing: Promise<void> | null = null;
  #handle: FileHandle | null = null;
  #following: GrowingDigest | null = null;

  constructor(path: string, { digests, owned }: { readonly digests: FileDigests; readonly owned: boolean }) {
    this.path = path;
    this.#digests = digests;
    this.#owned = owned;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk);
    this.#batched += chunk.length;
    if (this.#batched >= batchBytes) await this.#flush();
  }

  /** SHA-256 of all that was added. */
  async digest(): Promise<string> {
    // What is in memory whole may be here already; then it is never written.
    if (this.#handle === null && this.#writing === null) return digestBytes(Buffer.concat(this.#batch));
    await this.#drain();
    return this.#following === null ? this.#digests.digest(this.path) : this.#following.end();
  }

  /** Everything is on the disk. */
  async finish(): Promise<void> {
    await this.#drain();
    await this.#handle!.sync();
    await this.#handle!.close();
    this.#handle = null;
  }

  /** Leaves nothing behind; where the file has found its place, nothing is left. */
  async discard(): Promise<void> {
    await this.#writing?.catch(() => {});
    this.#following?.forget();
    await this.#handle?.close();
    this.#handle = null;
    await rm(this.path, { force: true });
  }

  async #drain(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    this.#batch = [];
    this.#batched = 0;
    this.#writing = this.#write(batch);
    // It is awaited before the next one, and an error that nobody awaits yet is none.
    this.#writing.catch(() => {});
  }

  async #write(batch: readonly Uint8Array[]): Promise<void> {
    this.#handle ??= await openNew(this.path);
    this.#written += await writeAll(this.#handle, batch);
    if (this.#owned) batch.forEach(giveBack);
    if (this.#following === null && this.#written >= followBytes) this.#following = this.#digests.follow(this.path);
    this.#following?.grown(this.#written);
  }
}

async function openNew(path: string): Promise<FileHandle> {
  return open(path, "wx", 0o644).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await mkdir(join(path, ".."), { recursive: true });
    return open(path, "wx", 0o644);
  });
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<number> {
  if (chunks.length === 0) return 0;
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await handle.writev(chunks);
  if (bytesWritten === total) return total;
  // A write may take less than it was given, at the end of a disk for example; what is left tells why.
  let skip = bytesWritten;
  for (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    for (let done = 0; done < rest.length;) done += (await handle.write(rest, done)).bytesWritten;
  }
  return total;
}

/** V8 would let 64 MB of them pile up before it looks for dead ones. */
function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}
