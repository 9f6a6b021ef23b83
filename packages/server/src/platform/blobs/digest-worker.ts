/** The thread that hashes big files, whole or while they are written: several at a time. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { parentPort } from "node:worker_threads";

export type DigestRequest =
  | { readonly id: number; readonly path: string }
  /** The file that is being written has `to` bytes by now. */
  | { readonly id: number; readonly path: string; readonly to: number }
  /** It is whole: what it has is answered. */
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly forget: true };

export type DigestAnswer =
  | { readonly id: number; readonly sha256: string }
  | { readonly id: number; readonly error: string };

interface Growing {
  readonly fd: number;
  readonly hash: Hash;
  at: number;
}

const port = parentPort!;
const growing = new Map<number, Growing>();
const buffer = Buffer.allocUnsafe(1024 * 1024);

port.on("message", (request: DigestRequest) => {
  const fail = (error: unknown) => port.postMessage({ id: request.id, error: String(error) } satisfies DigestAnswer);
  const tell = (sha256: string) => port.postMessage({ id: request.id, sha256 } satisfies DigestAnswer);
  try {
    if ("to" in request) readOn(request);
    else if ("end" in request) tell(close(request.id)!.digest("hex"));
    else if ("forget" in request) close(request.id);
    else digest(request.path).then(tell, fail);
  } catch (error) {
    close(request.id);
    fail(error);
  }
});

/** Reads what is new, which is still in the memory of the system. */
function readOn({ id, path, to }: { readonly id: number; readonly path: string; readonly to: number }): void {
  const file = growing.get(id) ?? { fd: openSync(path, "r"), hash: createHash("sha256"), at: 0 };
  growing.set(id, file);
  while (file.at < to) {
    const bytesRead = readSync(file.fd, buffer, 0, Math.min(buffer.length, to - file.at), file.at);
    if (bytesRead === 0) throw new Error(`${path} ends at ${file.at} of ${to} bytes`);
    file.hash.update(buffer.subarray(0, bytesRead));
    file.at += bytesRead;
  }
}

function close(id: number): Hash | undefined {
  const file = growing.get(id);
  if (file === undefined) return undefined;
  growing.delete(id);
  closeSync(file.fd);
  return file.hash;
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(1024 * 1024);
  const handle = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
