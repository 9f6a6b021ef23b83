import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { findLocalFiles, isArtifactFolder, proxiedPath, schemeOf, storeOf, toLocalPath } from "./artifact-files.ts";
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
    const parts = proxiedPath(uri)
      .split("/")
      .filter((part) => part !== "");
    if (parts.includes("..")) return { kind: "elsewhere", why: `no ordinary address: ${uri}` };
    // An owner without artifacts has no folder.
    return (await findLocalFiles(join(artifacts, ...parts))) ?? none;
  }
  const path = toLocalPath(uri, base);
  if (path === null) return { kind: "elsewhere", why: `in ${storeOf(uri)}` };
  if (!isArtifactFolder(path, owner)) return { kind: "elsewhere", why: `not an ordinary place of artifacts: ${path}` };
  const found = await findLocalFiles(path);
  if (found !== null) return found;
  // MLflow makes the folder with the first file; where the one of the experiment is here, there was none.
  const experiment = dirname(dirname(path));
  const isHere = [experiment, dirname(experiment)].some((each) => dirname(each) !== each && existsSync(each));
  return isHere ? none : { kind: "elsewhere", why: "on the disk of another machine" };
}

/** By which a client on this machine reaches them; null where only the old server could. */
export function addressOffline(uri: string, base: string): string | null {
  if (schemeOf(uri) === "mlflow-artifacts") return null;
  const path = toLocalPath(uri, base);
  return path === null ? uri : pathToFileURL(path).href;
}

const none: ArtifactPlace = {
  kind: "readable",
  files: {
    local: true,
    async *list() {},
    open: () => Promise.reject(new Error("there are no files")),
  },
};
