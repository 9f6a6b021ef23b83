import type { FileHandle } from "node:fs/promises";

const pieceBytes = 256 * 1024;

/**
 * Hands the bytes from `start` to `end` over, a piece at a time, from two buffers: one is read into while the other is on
 * its way, so a piece may not be kept when `write` has resolved.
 */
export async function pour(
  handle: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
  write: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const bytes = Math.min(pieceBytes, end - start);
  const buffers = [Buffer.allocUnsafeSlow(bytes), end - start > bytes ? Buffer.allocUnsafeSlow(bytes) : null];
  const read = async (index: number): Promise<Uint8Array> => {
    const from = start + index * bytes;
    const piece = (buffers[index % 2] ?? buffers[0]!).subarray(0, Math.min(bytes, end - from));
    for (let done = 0; done < piece.length;) {
      const { bytesRead } = await handle.read(piece, done, piece.length - done, from + done);
      if (bytesRead === 0) throw new Error(`a blob ends at ${from + done} of ${end} bytes`);
      done += bytesRead;
    }
    return piece;
  };
  const pieces = bytes === 0 ? 0 : Math.ceil((end - start) / bytes);
  let next = pieces === 0 ? null : read(0);
  try {
    for (let index = 0; index < pieces; index++) {
      const piece = await next!;
      next = index + 1 < pieces ? read(index + 1) : null;
      next?.catch(() => {});
      await write(piece);
    }
  } finally {
    // The file is closed by whoever gave it, and not while it is being read.
    await next?.catch(() => {});
  }
}
