import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { RewrittenFile } from "./packaged-model.ts";

/** A file that was put into the folder, as part of a version. */
export async function toRewritten(folder: string, relativePath: string): Promise<RewrittenFile> {
  const path = join(folder, relativePath);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { path, relativePath, sha256: hash.digest("hex"), size: (await stat(path)).size };
}
