import type { FileHandle } from "node:fs/promises";

/** Written at once: a call for each chunk of a socket would cost more than its bytes. */
const batchBytes = 1024 * 1024;

/** Appends chunks to a file; while a batch is on its way to the disk, the next one is gathered. */
export interface BatchWriter {
  add(chunk: Uint8Array): Promise<void>;
  /** All that was added, where nothing was written yet. */
  inMemory(): Uint8Array<ArrayBuffer> | null;
  /** Writes the rest. */
  drain(): Promise<void>;
  /** Resolves when nothing is on its way to the disk, well or not. */
  settle(): Promise<void>;
}

export interface BatchWriterDeps {
  /** Called once, before the first write. */
  open(): Promise<FileHandle>;
  readonly offset: number;
  /** Nobody else looks at the chunks. */
  readonly owned: boolean;
  /** The file has its bytes up to here. */
  onWritten(to: number): void;
}

export function createBatchWriter({ open, offset, owned, onWritten }: BatchWriterDeps): BatchWriter {
  let batch: Uint8Array[] = [];
  let batched = 0;
  let at = offset;
  let handle: Promise<FileHandle> | null = null;
  let writing: Promise<void> | null = null;

  async function write(chunks: readonly Uint8Array[], bytes: number): Promise<void> {
    handle ??= open();
    await writeAll(await handle, chunks, at);
    at += bytes;
    if (owned) chunks.forEach(giveBack);
    onWritten(at);
  }

  async function flush(): Promise<void> {
    await writing;
    const [chunks, bytes] = [batch, batched];
    batch = [];
    batched = 0;
    writing = write(chunks, bytes);
    // It is awaited before the next one, and an error that nobody awaits yet is none.
    writing.catch(() => {});
  }

  return {
    async add(chunk) {
      batch.push(chunk);
      batched += chunk.length;
      if (batched >= batchBytes) await flush();
    },
    inMemory: () => (writing === null ? Buffer.concat(batch) : null),
    async drain() {
      await flush();
      await writing;
    },
    async settle() {
      await writing?.catch(() => {});
    },
  };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], at: number): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await handle.writev(chunks, at);
  // A write may take less than it was given, at the end of a disk for example; what is left tells why.
  let [start, skip] = [at, bytesWritten];
  for (const chunk of chunks) {
    for (let done = Math.min(skip, chunk.length); done < chunk.length;)
      done += (await handle.write(chunk, done, chunk.length - done, start + done)).bytesWritten;
    skip = Math.max(0, skip - chunk.length);
    start += chunk.length;
  }
}

/** V8 would let 64 MB of them pile up before it looks for dead ones. */
function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}
