import { createHash } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable, Transform } from "node:stream";
import type { ModelVersion } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { Client } from "@slipway/sdk";

type VersionFile = ModelVersion["files"][number];

export interface Download {
  readonly client: Client;
  readonly version: ModelVersion;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told of the bytes that have arrived so far, of one file. */
  readonly onProgress: (file: VersionFile, bytes: number) => void;
}

/**
 * Fetches one file into the folder; it gets its name only where its bytes have the SHA-256 that the version says.
 * @throws SlipwayError `digest_mismatch`; `invalid_request` where the server names a file outside of the folder
 */
export async function download({ client, version, folder, signal, onProgress }: Download, file: VersionFile) {
  const target = join(folder, requireInside(file.path));
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  try {
    const { body } = await client.versions.file(version.model, version.version, { path: file.path, signal });
    const hash = createHash("sha256");
    let bytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        onProgress(file, (bytes += chunk.length));
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(body as never), counted, createWriteStream(part), { signal });
    const sha256 = hash.digest("hex");
    if (sha256 !== file.sha256)
      throw new SlipwayError(
        "digest_mismatch",
        `${file.path} arrived with other bytes than the version has: SHA-256 ${sha256} (${bytes} bytes) and not ${file.sha256} (${file.size}). Run the export again; where it fails again, the server's file is damaged.`,
        { path: file.path, expected: file.sha256, got: sha256 },
      );
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
}

/** The server is not trusted with where this machine's files go. @throws SlipwayError `invalid_request` */
export function requireInside(path: string): string {
  const parts = path.split("/");
  if (!/[\\\0:]/.test(path) && parts.every((part) => part !== "" && part !== "." && part !== "..")) return path;
  throw new SlipwayError(
    "invalid_request",
    `The server names a file ${JSON.stringify(path)}, which is no path inside of a folder.`,
  );
}
