import { join } from "node:path";
import { findLocalFiles, isArtifactFolder, schemeOf, toLocalPath, withoutSecrets } from "./artifact-files.ts";
import type { ArtifactOwner, ArtifactPlace } from "./source.ts";

interface OfflineArtifacts {
  readonly uri: string;
  readonly owner: ArtifactOwner;
  /** Relative addresses begin here. */
  readonly base: string;
  /** Where the files of `mlflow-artifacts:` addresses are. */
  readonly artifacts: string | null;
}

/** Artifacts of a source that has no server. */
export async function locateOffline({ uri, owner, base, artifacts }: OfflineArtifacts): Promise<ArtifactPlace> {
  if (schemeOf(uri) === "mlflow-artifacts") {
    if (artifacts === null)
      return { kind: "elsewhere", why: "behind its server: name the folder of its artifacts with --artifacts-from" };
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/is.exec(uri)?.[1] ?? "";
    const parts = path.split("/").filter((part) => part !== "");
    if (parts.includes("..")) return { kind: "elsewhere", why: `no ordinary address: ${uri}` };
    // An owner without artifacts has no folder.
    return (await findLocalFiles(join(artifacts, ...parts))) ?? none;
  }
  const path = toLocalPath(uri, base);
  if (path === null)
    return { kind: "elsewhere", why: `in ${schemeOf(uri) || "another store"}: ${withoutSecrets(uri)}` };
  if (!isArtifactFolder(path, owner)) return { kind: "elsewhere", why: `not an ordinary place of artifacts: ${path}` };
  return (await findLocalFiles(path)) ?? { kind: "elsewhere", why: `not on this machine: ${path}` };
}

export const none: ArtifactPlace = {
  kind: "readable",
  files: {
    local: true,
    async *list() {},
    open: () => Promise.reject(new Error("there are no files")),
  },
};
