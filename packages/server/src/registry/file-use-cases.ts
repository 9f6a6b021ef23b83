import type { Context } from "./context.ts";
import type { ModelVersion } from "./model-version.ts";

export interface RecordedVersion {
  readonly version: ModelVersion;
  /** When its files were taken away, milliseconds since 1970. */
  readonly collectedAt: number | null;
}

export interface VersionOrigins {
  readonly runIds: ReadonlySet<string>;
  readonly loggedModelIds: ReadonlySet<string>;
  readonly locations: readonly string[];
}

export interface FileUseCases {
  /**
   * Deleted ones too, and whether their files were taken away; also by a name that the model had once. Null where there never
   * was one of that number.
   */
  findRecorded(model: string, version: number): Promise<RecordedVersion | null>;
  /** True where a living version needs this blob. */
  isReferenced(sha256: string): Promise<boolean>;
  /** All blobs that living versions need. */
  listReferenced(): Promise<ReadonlySet<string>>;
  /** Runs and logged models that living versions came from, and where their files are. */
  listOrigins(): Promise<VersionOrigins>;
  /** Locks of the Python environments that living versions use: each by its hash, with the versions as NAME@VERSION. */
  listLocks(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Deleted versions whose files have not been taken away. */
  listDeleted(): Promise<readonly ModelVersion[]>;
  /** Remembers of deleted versions that their files are being taken away: before the first of them goes. */
  markCollected(versionIds: readonly string[]): Promise<void>;
}

export function fileUseCases({ store, now, change }: Context): FileUseCases {
  async function findRecorded(model: string, version: number): Promise<RecordedVersion | null> {
    const found = await store.findVersion(model, version);
    if (found) return { version: found, collectedAt: await store.findCollectedAt(found.id) };
    const newName = await store.findNewName(model);
    return newName === null ? null : findRecorded(newName, version);
  }
  return {
    findRecorded,
    isReferenced: (sha256) => store.isReferenced(sha256),
    listReferenced: async () => new Set(await store.listReferenced()),
    async listOrigins() {
      const rows = await store.listOrigins();
      return {
        runIds: new Set(rows.map((row) => row.run_id).filter(isText)),
        loggedModelIds: new Set(rows.map((row) => row.logged_model_id).filter(isText)),
        locations: rows.map((row) => row.storage_location).filter(isText),
      };
    },
    async listLocks() {
      const locks = new Map<string, string[]>();
      for (const { model, version, program } of await store.listPrograms()) {
        const python = program.kind === "onnx" ? program.original : program.kind === "python" ? program : undefined;
        if (python) locks.set(python.lock, [...(locks.get(python.lock) ?? []), `${model}@${version}`]);
      }
      return locks;
    },
    listDeleted: () => store.listDeleted(),
    async markCollected(versionIds) {
      if (versionIds.length > 0) await change((locked) => locked.markCollected(versionIds, now()));
    },
  };
}

function isText(value: string | null): value is string {
  return value !== null && value !== "";
}
