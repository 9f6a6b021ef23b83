import { type FileHandle, access, open, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { closedFile, segmentFile, segmentHeaderBytes } from "./format.ts";
import { type SegmentTail, listSegments, readFrames, readFully, readHeader } from "./reader.ts";
import { markClosed } from "./segment-sequence.ts";

export interface Recovery {
  /** False where the instance had closed and nothing was done. */
  readonly recovered: boolean;
  /** Bytes taken from the end of its last segment. */
  readonly cutBytes: number;
  /** Where the bytes are kept if they were no torn write but damage. */
  readonly keptAs: string | null;
}

/**
 * Makes the log of an instance that is no more whole again: cuts the torn tail of its last segment, and marks it closed.
 * Only the last segment is read. Bytes that a crash alone cannot explain are kept aside. Idempotent.
 */
export async function recoverInstance(folder: string): Promise<Recovery> {
  if (await isClosed(folder)) return { recovered: false, cutBytes: 0, keptAs: null };
  const last = (await listSegments(folder)).at(-1);
  const cut = last === undefined ? { cutBytes: 0, keptAs: null } : await cutTail(join(folder, segmentFile(last)));
  await markClosed(folder);
  return { recovered: true, ...cut };
}

/** Whether the instance said, or recovery said for it, that it never grows again. */
export async function isClosed(folder: string): Promise<boolean> {
  return access(join(folder, closedFile)).then(
    () => true,
    () => false,
  );
}

async function cutTail(path: string): Promise<{ cutBytes: number; keptAs: string | null }> {
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    if ((await readHeader(handle)) === null) return await removeHeadless(path, size);
    const { byte, state } = await findTail(handle);
    const tail = Buffer.allocUnsafe(Math.max(0, size - byte));
    await readFully(handle, tail, byte);
    let keptAs = null;
    if (state === "damaged" && tail.some((octet) => octet !== 0)) {
      keptAs = `${path}.damaged`;
      await writeFile(keptAs, tail);
    }
    await handle.truncate(byte);
    await handle.sync();
    return { cutBytes: tail.length, keptAs };
  } finally {
    await handle.close();
  }
}

async function findTail(handle: FileHandle): Promise<SegmentTail> {
  let byte = segmentHeaderBytes;
  for (;;) {
    const chunk = await readFrames(handle, { from: byte });
    byte = chunk.byte;
    if (chunk.state !== "more") return { byte, state: chunk.state };
  }
}

/** A file that was just being made when the end came, or whose first bytes are damaged. */
async function removeHeadless(path: string, size: number): Promise<{ cutBytes: number; keptAs: string | null }> {
  if (size <= segmentHeaderBytes) {
    await unlink(path);
    return { cutBytes: size, keptAs: null };
  }
  await rename(path, `${path}.damaged`);
  return { cutBytes: size, keptAs: `${path}.damaged` };
}
