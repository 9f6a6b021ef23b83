import { SlipwayError } from "@slipway/contract/errors";
import type { SqlTasks } from "../../platform/sql/index.ts";
import type * as module from "../tracking-tasks.ts";
import { parseArtifactFile, parseArtifactPath } from "./artifact-path.ts";
import type { ArtifactFile, StoredArtifact } from "./tasks.ts";
import type { createVersionFolders, ListedArtifact } from "./version-folders.ts";

/** What is where; of artifacts and of the files of versions alike. */
export function createLookUps(tasks: SqlTasks<typeof module>, versions: ReturnType<typeof createVersionFolders>) {
  async function find(path: string): Promise<StoredArtifact | null> {
    const { folder, name } = parseArtifactFile(path);
    if (versions.has(folder)) return versions.find(folder, name);
    return tasks.read("findArtifact", { folder, name });
  }

  async function list(given: string): Promise<readonly ListedArtifact[]> {
    const folder = parseArtifactPath(given);
    if (versions.has(folder)) return versions.list(folder);
    const { files, folders } = await tasks.read("listArtifactFolder", { folder });
    return [...folders.map((name) => ({ name, size: null })), ...files].toSorted(byName);
  }

  return {
    find,
    list,
    async listFiles(given: string): Promise<readonly ArtifactFile[]> {
      const folder = parseArtifactPath(given);
      return versions.has(folder) ? versions.listFiles(folder) : tasks.read("listArtifactFiles", { folder });
    },
    async require(path: string): Promise<StoredArtifact> {
      const found = await find(path);
      if (found !== null) return found;
      if ((await list(path)).length > 0)
        throw new SlipwayError("invalid_request", `Artifact path refers to a directory, not a file: '${path}'`);
      throw new SlipwayError("artifact_not_found", `No such artifact: '${path}'`, { path });
    },
    async locateRun(id: string): Promise<string> {
      const uri = await tasks.read("findRunUri", { id });
      if (uri !== null) return uri;
      throw new SlipwayError("run_not_found", `Run with id=${id} not found`, { id });
    },
    async locateLoggedModel(id: string): Promise<string> {
      const uri = await tasks.read("findLoggedModelUri", { id });
      if (uri !== null) return uri;
      throw new SlipwayError("logged_model_not_found", `Logged model with ID '${id}' not found.`, { id });
    },
  };
}

function byName(a: ListedArtifact, b: ListedArtifact): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
