/** The thread that hashes big files: one path a message, several at a time. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { parentPort } from "node:worker_threads";

export interface DigestRequest {
  readonly id: number;
  readonly path: string;
}

export type DigestAnswer =
  | { readonly id: number; readonly sha256: string }
  | { readonly id: number; readonly error: string };

const port = parentPort!;

port.on("message", (request: DigestRequest) => {
  digest(request.path).then(
    (sha256) => port.postMessage({ id: request.id, sha256 } satisfies DigestAnswer),
    (error: unknown) => port.postMessage({ id: request.id, error: String(error) } satisfies DigestAnswer),
  );
});

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const handle = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
