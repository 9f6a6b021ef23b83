import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { BlobInfo, BlobStore, PartsFile } from "../../platform/blobs/index.ts";
import type { StoredArtifact } from "./tasks.ts";

const mostParts = 10_000;
/** Uploads that are complete are told so again: their answer may have been lost. */
const mostRemembered = 1000;

export interface SweptUpload {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Files that come in parts of one size, in any order, several at once; the last part may be shorter. They are written where
 * they belong in the one file that becomes the blob. Who knows an upload's id may send parts to it. Uploads do not outlive
 * the process.
 */
export interface PartUploads {
  /** @returns the id: 32 random bytes. @throws SlipwayError `invalid_request` */
  create(path: string, parts: number): string;
  /** A part that comes again replaces the one that was there. @returns its tag. @throws SlipwayError `upload_not_found`, `invalid_request`, `too_large` */
  put(id: string, part: number, body: { readonly stream: Readable; readonly size: number | null }): Promise<string>;
  /** @throws SlipwayError `upload_not_found`, `invalid_request` where a part is missing */
  complete(path: string, id: string): Promise<void>;
  /** Nothing where there is no such upload. */
  abort(path: string, id: string): Promise<void>;
  /** Removes uploads to which nothing came since `before`, unless `dryRun`. */
  sweep(how: { readonly before: number; readonly dryRun: boolean }): Promise<readonly SweptUpload[]>;
}

interface PartUploadDeps {
  readonly blobs: Pick<BlobStore, "receiveParts">;
  readonly clock: Clock;
  /** @throws SlipwayError */
  requireWritable(path: string): unknown;
  link(path: string, blob: BlobInfo): Promise<StoredArtifact>;
}

interface Upload {
  readonly path: string;
  readonly count: number;
  readonly file: PartsFile;
  /** Bytes of each part that came. */
  readonly sizes: Map<number, number>;
  /** Of all but the last one; null until it is known. */
  partSize: number | null;
  /** The last part, where it came before its place was known. */
  early: PartsFile | null;
  completing: Promise<void> | null;
  touchedAt: number;
}

export function createPartUploads({ blobs, clock, requireWritable, link }: PartUploadDeps): PartUploads {
  const uploads = new Map<string, Upload>();
  const complete = new Map<string, string>();

  async function discard(id: string): Promise<void> {
    const upload = uploads.get(id);
    uploads.delete(id);
    await upload?.file.discard();
    await upload?.early?.discard();
  }

  function requireUpload(id: string): Upload {
    const upload = uploads.get(id);
    if (upload) return upload;
    throw new SlipwayError(
      "upload_not_found",
      "There is no such upload: it is complete, it was given up, or the server was started anew. Begin another one.",
    );
  }

  async function finish(id: string, upload: Upload): Promise<void> {
    const size = requireWhole(upload);
    const { early, file } = upload;
    if (early !== null) await file.write(size - upload.sizes.get(upload.count)!, early.read());
    await link(upload.path, await file.finish(size));
    await discard(id);
    complete.set(id, upload.path);
    if (complete.size > mostRemembered) complete.delete(complete.keys().next().value!);
  }

  return {
    create(path, count) {
      requireWritable(path);
      if (!(Number.isInteger(count) && count >= 1 && count <= mostParts))
        throw new SlipwayError("invalid_request", `An upload has 1 to ${mostParts} parts; ${count} were asked for.`);
      const id = randomBytes(32).toString("base64url");
      const file = blobs.receiveParts();
      const begun = { partSize: null, early: null, completing: null, touchedAt: clock.now() };
      uploads.set(id, { path, count, file, sizes: new Map(), ...begun });
      return id;
    },
    async put(id, part, { stream, size }) {
      const upload = requireUpload(id);
      upload.touchedAt = clock.now();
      const { file, offset } = findPlace(upload, { part, size, blobs });
      upload.sizes.delete(part);
      const received = await file.write(offset, stream, { size, owned: true });
      upload.sizes.set(part, received);
      upload.touchedAt = clock.now();
      return `${part}-${received}`;
    },
    async complete(path, id) {
      if (complete.get(id) === path) return;
      const upload = requireUpload(id);
      if (upload.path !== path)
        throw new SlipwayError("invalid_request", `This upload is one of ${upload.path}, not of ${path}.`);
      requireWhole(upload);
      upload.completing ??= finish(id, upload);
      await upload.completing;
    },
    async abort(path, id) {
      if (uploads.get(id)?.path === path) await discard(id);
    },
    async sweep({ before, dryRun }) {
      const swept: SweptUpload[] = [];
      for (const [id, { touchedAt, path, sizes, completing }] of uploads) {
        if (touchedAt >= before || completing !== null) continue;
        if (!dryRun) await discard(id);
        swept.push({ name: path, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) });
      }
      return swept;
    },
  };
}

interface Place {
  readonly file: PartsFile;
  readonly offset: number;
}

interface Part {
  readonly part: number;
  readonly size: number | null;
  readonly blobs: Pick<BlobStore, "receiveParts">;
}

/** Where a part goes; its size says where the others do. */
function findPlace(upload: Upload, { part, size, blobs }: Part): Place {
  const { count, file } = upload;
  if (!(Number.isInteger(part) && part >= 1 && part <= count))
    throw new SlipwayError("invalid_request", `This upload has the parts 1 to ${count}; ${part} is none of them.`);
  if (count === 1) return { file, offset: 0 };
  if (part === count && upload.partSize === null) {
    upload.early ??= blobs.receiveParts();
    return { file: upload.early, offset: 0 };
  }
  if (size === null)
    throw new SlipwayError(
      "invalid_request",
      "A part needs the header content-length: it says where the next one begins.",
    );
  upload.partSize ??= size;
  const { partSize } = upload;
  if (part < count ? size !== partSize : size > partSize)
    throw new SlipwayError(
      "invalid_request",
      `Part ${part} has ${size} bytes and others ${partSize}. All parts are of one size; only the last may be shorter.`,
    );
  return { file, offset: (part - 1) * partSize };
}

/** Bytes of the whole. @throws SlipwayError `invalid_request` */
function requireWhole({ count, sizes, partSize }: Upload): number {
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((part) => !sizes.has(part));
  const last = sizes.get(count);
  if (missing.length === 0 && last !== undefined && last <= (partSize ?? last))
    return (count - 1) * (partSize ?? 0) + last;
  throw new SlipwayError(
    "invalid_request",
    missing.length > 0
      ? `These parts did not come yet: ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}. Send them first.`
      : `The last part has ${last} bytes, more than the ${partSize} of the others.`,
  );
}
