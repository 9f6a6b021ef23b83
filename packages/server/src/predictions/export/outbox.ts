import { copyFile, link, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../kernel/logger.ts";
import type { ExportStore, PendingExport } from "./store.ts";

export interface OutboxDeps {
  readonly queueFolder: string;
  readonly lakeFolder: string;
  readonly logger: Logger;
}

/** Links to files of the lake that are still to be copied, so that the lake may join or remove them meanwhile. */
export function createOutbox({ queueFolder, lakeFolder, logger }: OutboxDeps, store: ExportStore) {
  const pathOf = (id: string) => join(queueFolder, `${id}.parquet`);

  /** From here on the lake may join or remove the files. */
  async function stage(): Promise<void> {
    for (const { file_id: id, path } of await store.list({ staged: 0 })) {
      const from = join(lakeFolder, path);
      try {
        await link(from, pathOf(id)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") throw error;
          return error.code === "EEXIST" ? undefined : copyFile(from, pathOf(id));
        });
        await store.stage(id);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        logger.error({ file: path }, "a Parquet file was gone before it could be copied to lake_export");
        await store.remove([id]);
      }
    }
  }

  async function copy({ file_id: id, kind, endpoint, day }: PendingExport, target: string): Promise<void> {
    // Readers of a folder of Parquet files pass over names that begin so: shadows are no traffic there either.
    const root = kind === "shadows" ? join(target, "_shadows") : target;
    const folder = join(root, `endpoint=${encodeURIComponent(endpoint)}`, `day=${day}`);
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${id}.parquet`);
    // A name that no reader of Parquet files takes for one of them.
    const draft = join(folder, `.${id}.part`);
    await copyFile(pathOf(id), draft);
    await sync(draft);
    await rename(draft, path);
    await sync(folder);
    await store.remove([id]);
    await rm(pathOf(id), { force: true });
  }

  return {
    pathOf,
    stage,
    copy,
    /** What no row asks for: it was copied before the server died. */
    async cleanUp(): Promise<void> {
      const wanted = new Set((await store.list()).map(({ file_id: id }) => `${id}.parquet`));
      for (const file of await readdir(queueFolder))
        if (!wanted.has(file)) await rm(join(queueFolder, file), { force: true });
    },
  };
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}
