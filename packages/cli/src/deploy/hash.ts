import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of a file in lower-case hex, read in pieces; `onProgress` gets the bytes read so far. */
export async function hashFile(path: string, onProgress: (bytes: number) => void = () => undefined): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    onProgress(bytes);
  }
  return hash.digest("hex");
}
