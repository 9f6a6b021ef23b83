import { SlipwayError } from "@slipway/contract/errors";
import type { ArtifactFile, StoredArtifact } from "./tasks.ts";

export interface ListedArtifact {
  /** Its name in the folder that was listed. */
  readonly name: string;
  /** Null: a folder. */
  readonly size: number | null;
}

/** Files of a version that came from elsewhere, by their paths; null where there is none. */
export type FindVersionFiles = (model: string, version: number) => Promise<readonly ArtifactFile[] | null>;

const versionRoot = "slipway-versions";

/** `slipway-versions/MODEL/VERSION/…` shows the files of a version as if they were artifacts. They are never changed here. */
export function createVersionFolders(findVersionFiles: FindVersionFiles) {
  const has = (path: string) => path === versionRoot || path.startsWith(`${versionRoot}/`);

  async function listFiles(folder: string): Promise<readonly ArtifactFile[]> {
    const [, model, number = "", ...rest] = folder.split("/");
    if (model === undefined || !/^[1-9][0-9]{0,14}$/.test(number)) return [];
    const files = (await findVersionFiles(model, Number(number))) ?? [];
    if (rest.length === 0) return files;
    const start = `${rest.join("/")}/`;
    return files
      .filter(({ path }) => path.startsWith(start))
      .map((file) => ({ ...file, path: file.path.slice(start.length) }));
  }

  return {
    has,
    listFiles,
    requireOutside(path: string): void {
      if (has(path))
        throw new SlipwayError(
          "forbidden",
          `${path} belongs to a version that was deployed; such files are never changed. Deploy a new version.`,
        );
    },
    async list(folder: string): Promise<readonly ListedArtifact[]> {
      const found = new Map<string, ListedArtifact>();
      for (const { path, size } of await listFiles(folder)) {
        const [name, ...below] = path.split("/");
        found.set(name!, { name: name!, size: below.length === 0 ? size : null });
      }
      return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async find(folder: string, name: string): Promise<StoredArtifact | null> {
      const found = (await listFiles(folder)).find(({ path }) => path === name);
      return found ? { sha256: found.sha256, size: found.size, updatedAt: 0 } : null;
    },
  };
}
