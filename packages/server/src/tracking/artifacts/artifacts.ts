import type { Readable } from "node:stream";
import type { Clock } from "../../kernel/clock.ts";
import type { BlobInfo, BlobStore, ByteRange, OpenBlob } from "../../platform/blobs/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { trackingScript } from "../tracking-script.ts";
import type * as module from "../tracking-tasks.ts";
import { joinArtifactPath, parseArtifactFile, parseArtifactPath } from "./artifact-path.ts";
import { createLookUps } from "./look-ups.ts";
import { createPartUploads, type PartUploads } from "./part-uploads.ts";
import type { ArtifactFile, StoredArtifact } from "./tasks.ts";
import { createVersionFolders, type FindVersionFiles, type ListedArtifact } from "./version-folders.ts";

export interface PutArtifact {
  /** Bytes that were announced. */
  readonly size?: number | null;
  /** Most bytes; those of the store unless given. */
  readonly limit?: number;
}

/**
 * Files of runs, logged models and whatever a client keeps below `mlflow-artifacts:/`. What is stored is the digest of each:
 * the bytes are blobs, once for all that have them. Below `slipway-versions/` lie the files of versions that were deployed
 * from elsewhere, which nobody writes here. A path that tries to leave the root is `invalid_request`, "Invalid path".
 */
export interface Artifacts {
  /** Folders and files directly in a folder, by name; nothing where it is a file or not there. */
  list(folder: string): Promise<readonly ListedArtifact[]>;
  /** All files of a folder and those in it. */
  listFiles(folder: string): Promise<readonly ArtifactFile[]>;
  /** Where the files of a run are; deleted ones too. @throws SlipwayError `run_not_found` */
  locateRun(id: string): Promise<string>;
  /** Where the files of a logged model are. @throws SlipwayError `logged_model_not_found` */
  locateLoggedModel(id: string): Promise<string>;
  /** Null where there is no such file. */
  find(path: string): Promise<StoredArtifact | null>;
  /** @throws SlipwayError `artifact_not_found`; `invalid_request` where it is a folder */
  require(path: string): Promise<StoredArtifact>;
  /** Its bytes. @throws SlipwayError `artifact_not_found`; `invalid_request` for a folder, and where the range is not inside the file */
  open(path: string, range?: ByteRange): Promise<OpenBlob>;
  /** Reads the bytes unless they were read before. @throws SlipwayError `damaged_blob`, `blob_not_found` */
  verify(file: StoredArtifact): Promise<void>;
  /** Bytes of a file, without a stream and of any size. A piece is only whole until `write` resolves. */
  pour(file: StoredArtifact, range: ByteRange, write: (piece: Uint8Array) => Promise<void>): Promise<void>;
  /** In place of what was at this path, once it is whole and on the disk. @throws SlipwayError `invalid_request`, `too_large` */
  put(path: string, stream: Readable, options?: PutArtifact): Promise<StoredArtifact>;
  /** Gives a blob that is there a path. @throws SlipwayError `invalid_request` */
  link(path: string, blob: BlobInfo): Promise<void>;
  /** A file, or a folder with all that is in it. @returns how many files */
  delete(path: string): Promise<number>;
  /** Uploads in parts. */
  readonly uploads: PartUploads;
  /** Digests of all blobs that are artifacts. */
  listReferenced(): Promise<ReadonlySet<string>>;
  isReferenced(sha256: string): Promise<boolean>;
}

export interface ArtifactDeps {
  readonly sql: Sql;
  readonly blobs: BlobStore;
  /** Null: there is no such version, or its files are artifacts. */
  readonly findVersionFiles: FindVersionFiles;
  readonly clock: Clock;
}

export function createArtifacts(deps: ArtifactDeps): Artifacts {
  const { sql, blobs, clock } = deps;
  const tasks = sql.tasks<typeof module>(trackingScript);
  const versions = createVersionFolders(deps.findVersionFiles);
  const lookUps = createLookUps(tasks, versions);

  async function link(path: string, { sha256, size }: BlobInfo): Promise<StoredArtifact> {
    const key = requireWritable(path);
    const stored = { sha256, size, updatedAt: clock.now() };
    const hold = await blobs.hold([sha256]);
    try {
      await tasks.write("putArtifact", { ...key, ...stored });
      // From now on the artifact keeps the blob.
      hold.release({ used: true });
      return stored;
    } finally {
      hold.release();
    }
  }

  function requireWritable(path: string) {
    const key = parseArtifactFile(path);
    versions.requireOutside(joinArtifactPath(key.folder, key.name));
    return key;
  }

  return {
    ...lookUps,
    async open(path, range) {
      const { sha256 } = await lookUps.require(path);
      await blobs.verify(sha256);
      return blobs.open(sha256, range);
    },
    verify: ({ sha256 }) => blobs.verify(sha256),
    pour: ({ sha256 }, range, write) => blobs.pour(sha256, range, write),
    async put(path, stream, options) {
      requireWritable(path);
      return link(path, await blobs.receive(stream, { ...options, owned: true }));
    },
    link: async (path, blob) => void (await link(path, blob)),
    async delete(given) {
      const path = parseArtifactPath(given);
      versions.requireOutside(path);
      return tasks.write("deleteArtifacts", { path });
    },
    uploads: createPartUploads({ blobs, clock, requireWritable, link }),
    async listReferenced() {
      const all = new Set<string>();
      for (let after = ""; ;) {
        const page = await tasks.read("listArtifactBlobs", { after });
        for (const sha256 of page) all.add(sha256);
        if (page.length === 0) return all;
        after = page.at(-1)!;
      }
    },
    isReferenced: (sha256) => tasks.read("isArtifactBlob", { sha256 }),
  };
}
