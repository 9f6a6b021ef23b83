import { rm } from "node:fs/promises";

/** Lets files be deleted only when everybody who may have found them is done. */
export interface FilesInUse {
  /** What is removed while `work` runs stays on the disk until it has ended. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Deletes files that nobody can find any more; resolves when they are gone or left to the last reader. */
  remove(paths: readonly string[]): Promise<void>;
}

export function createFilesInUse(onError: (error: unknown) => void): FilesInUse {
  const readers = new Set<object>();
  let waiting: { readonly paths: readonly string[]; readonly readers: Set<object> }[] = [];

  async function deleteAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(path, { force: true }).catch(onError);
  }

  async function leave(reader: object): Promise<void> {
    readers.delete(reader);
    for (const batch of waiting) batch.readers.delete(reader);
    const free = waiting.filter((batch) => batch.readers.size === 0);
    waiting = waiting.filter((batch) => batch.readers.size > 0);
    for (const { paths } of free) await deleteAll(paths);
  }

  return {
    async during(work) {
      const reader = {};
      readers.add(reader);
      try {
        return await work();
      } finally {
        await leave(reader);
      }
    },
    async remove(paths) {
      if (readers.size === 0) await deleteAll(paths);
      else waiting.push({ paths, readers: new Set(readers) });
    },
  };
}
