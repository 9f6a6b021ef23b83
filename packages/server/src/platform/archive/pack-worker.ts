/** The thread that makes an archive: reads, hashes and packs at the lowest priority, one chunk for each time it is asked. */
import { createHash } from "node:crypto";
import { on } from "node:events";
import { closeSync, openSync, readSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { pack } from "tar-stream";
import { manifestName, toManifest, type SealedEntry } from "./sealed-entry.ts";

/** A file to be packed. */
export interface ArchiveFile {
  readonly name: string;
  readonly path: string;
  /** So many bytes from its start. */
  readonly size: number;
  /** What the bytes must have, where that is known; anything else ends the archive. */
  readonly sha256: string | null;
}

export interface PackOrder {
  /** The first entry. */
  readonly head: { readonly name: string; readonly text: string };
  readonly files: readonly ArchiveFile[];
  /** Milliseconds since 1970; the time of each entry. */
  readonly at: number;
}

/** One for each chunk that is wanted, with the memory of one that was read. */
export interface PackRequest {
  readonly free: ArrayBuffer | null;
}

/** A length of 0 is the end. */
export type PackAnswer = { readonly chunk: ArrayBuffer; readonly length: number } | { readonly error: string };

type Pack = ReturnType<typeof pack>;

const chunkBytes = 256 * 1024;
const port = parentPort!;
const order = workerData as PackOrder;

/** What is read from a file, until it is copied into a chunk. */
const buffer = Buffer.allocUnsafeSlow(chunkBytes);
let onCopied: () => void = () => {};

// Only Linux has a priority for each thread.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

/** One for each chunk that is wanted. */
const requests = on(port, "message");

const tar = pack();
fill(tar).catch((error: Error) => tar.destroy(error));
try {
  await send(tar as AsyncIterable<Uint8Array>);
} catch (error) {
  port.postMessage({ error: (error as Error).message } satisfies PackAnswer);
}
port.close();

async function fill(archive: Pack): Promise<void> {
  const entries = [await addText(archive, order.head.name, order.head.text)];
  for (const file of order.files) entries.push(await addFile(archive, file));
  await addText(archive, manifestName, toManifest(entries));
  archive.finalize();
}

async function addText(archive: Pack, name: string, text: string): Promise<SealedEntry> {
  const bytes = Buffer.from(text);
  await new Promise<void>((resolve, reject) => {
    archive.entry({ name, mtime: new Date(order.at) }, bytes, (error) => (error ? reject(error) : resolve()));
  });
  return { name, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function addFile(archive: Pack, file: ArchiveFile): Promise<SealedEntry> {
  const { name, path, size } = file;
  const hash = createHash("sha256");
  const fd = openSync(path, "r");
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    const entry = archive.entry({ name, size, mtime: new Date(order.at) }, (error) =>
      error ? reject(error) : resolve(),
    );
    for (let at = 0; at < size;) {
      const got = readSync(fd, buffer, 0, Math.min(chunkBytes, size - at), at);
      if (got === 0) throw new Error(`${path} ended at ${at} of ${size} bytes while it was read.`);
      at += got;
      const piece = buffer.subarray(0, got);
      hash.update(piece);
      const copied = new Promise<void>((resume) => (onCopied = resume));
      entry.write(piece);
      await copied;
    }
    const sha256 = hash.digest("hex");
    if (file.sha256 !== null && file.sha256 !== sha256)
      throw new Error(`${path} is damaged: its SHA-256 is ${sha256}, not ${file.sha256}.`);
    entry.end(null);
    await promise;
    return { name, size, sha256 };
  } finally {
    closeSync(fd);
  }
}

/** In pieces of one size, whatever the entries are: a message for each header would cost more than its bytes. */
async function send(archive: AsyncIterable<Uint8Array>): Promise<void> {
  let chunk = await takeChunk();
  let filled = 0;
  for await (const piece of archive) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkBytes - filled);
      chunk.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < chunkBytes) continue;
      post(chunk, filled);
      [chunk, filled] = [await takeChunk(), 0];
    }
    if (piece.buffer === buffer.buffer) onCopied();
  }
  if (filled > 0) {
    post(chunk, filled);
    chunk = await takeChunk();
  }
  post(chunk, 0);
}

/** Waits until one is wanted; the memory is that of one that was read, as soon as there is such. */
async function takeChunk(): Promise<Uint8Array<ArrayBuffer>> {
  const [{ free }] = (await requests.next()).value as [PackRequest];
  return new Uint8Array(free ?? new ArrayBuffer(chunkBytes));
}

function post(chunk: Uint8Array<ArrayBuffer>, length: number): void {
  port.postMessage({ chunk: chunk.buffer, length } satisfies PackAnswer, [chunk.buffer]);
}
