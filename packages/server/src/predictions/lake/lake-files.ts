import { SlipwayError } from "@slipway/contract";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { syncFolder } from "../../platform/blobs/sync-folder.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { createFilesInUse, type FilesInUse } from "./files-in-use.ts";
import { type LakeFile, toLakePath } from "./lake-file.ts";
import type { LakeChange } from "./prediction-lake.ts";
import { createLakeStore, type LakeStore, type LakeTables } from "./store.ts";

export interface LakeFilesDeps {
  readonly folder: string;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Before each step that a crash may fall between: for tests. */
  readonly onStep: (step: string) => Promise<void>;
  /** Whether anybody looks at the steps: a task then tells its own. */
  readonly isWatched: boolean;
}

/** The files of the lake and the table that says which of them count. */
export interface LakeFiles {
  readonly store: LakeStore;
  readonly inUse: FilesInUse;
  readonly isWatched: boolean;
  tempPath(): string;
  change(change: LakeChange): Promise<readonly LakeFile[]>;
  /** Takes away what a crash has left: files in the making, and files that no table names. */
  cleanUp(): Promise<void>;
}

export function createLakeFiles({ folder, sql, clock, logger, onStep, isWatched }: LakeFilesDeps): LakeFiles {
  const { db, tx } = sql.as<LakeTables>();
  const store = createLakeStore(db);
  const inUse = createFilesInUse((error) => logger.warn({ error }, "an old file of the lake could not be deleted"));
  const temp = join(folder, "tmp");

  async function place({ add = [] }: LakeChange): Promise<LakeFile[]> {
    const createdAt = clock.now();
    const placed: LakeFile[] = [];
    for (const { tempPath, ...file } of add) {
      const id = createId();
      const path = toLakePath(file, id);
      await makeFolder(folder, dirname(path));
      await rename(tempPath, join(folder, path));
      placed.push({ ...file, id, path, createdAt });
    }
    const folders = new Set(placed.map(({ path }) => dirname(join(folder, path))));
    for (const each of folders) await syncFolder(each);
    return placed;
  }

  async function change(wanted: LakeChange): Promise<readonly LakeFile[]> {
    const { remove = [], offsets, within } = wanted;
    await onStep("place");
    const files = await place(wanted);
    await onStep("commit");
    const old = remove.length === 0 ? [] : (await store.listFiles()).filter(({ id }) => remove.includes(id));
    try {
      await tx(async (trx) => {
        const inside = createLakeStore(trx);
        if ((await inside.removeFiles(remove)) !== remove.length)
          throw new SlipwayError("conflict", "Files of the lake were replaced by somebody else; try again.");
        await inside.addFiles(files);
        if (offsets !== undefined) await inside.putOffsets(offsets.consumer, offsets.offsets);
        await within?.(trx, files);
      });
    } catch (error) {
      // Anything else may have come after the commit, and then these files count; where they do not, the next start removes them.
      if (SlipwayError.is(error) && error.code === "conflict")
        for (const { path } of files) await rm(join(folder, path), { force: true });
      throw error;
    }
    await onStep("delete");
    await inUse.remove(old.map(({ path }) => join(folder, path)));
    return files;
  }

  return {
    store,
    inUse,
    isWatched,
    tempPath: () => join(temp, createId()),
    change,
    async cleanUp() {
      await mkdir(folder, { recursive: true });
      await rm(temp, { recursive: true, force: true });
      await mkdir(temp);
      const listed = new Set((await store.listFiles()).map(({ path }) => path));
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      const orphans = found
        .filter((entry) => entry.isFile() && entry.name.endsWith(".parquet"))
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !listed.has(path.slice(folder.length + 1).replaceAll("\\", "/")));
      for (const path of orphans) await rm(path, { force: true });
      if (orphans.length > 0) logger.info({ files: orphans.length }, "removed files of the lake that no table names");
    },
  };
}

/** Makes the folders of a path below `root`, on the disk. */
async function makeFolder(root: string, path: string): Promise<void> {
  const first = await mkdir(join(root, path), { recursive: true });
  if (first === undefined) return;
  for (let at = join(root, path); at.length >= root.length; at = dirname(at)) await syncFolder(at);
}
