import { intOf, listOf, textOf, type Fields } from "./fields.ts";
import type { RestClient } from "./rest-client.ts";
import type { ArtifactFile, ArtifactFiles, ArtifactOwner } from "./source.ts";

const base = "/api/2.0/mlflow-artifacts/artifacts";

/** Files below a folder that the old server proxies. */
export function proxiedFiles(client: RestClient, root: string): ArtifactFiles {
  const list = (folder: string) => client.get(base, { path: folder === "" ? root : `${root}/${folder}` });
  return {
    local: false,
    list: () => walk(list, ""),
    open: (path, signal) => client.download(`${base}/${encodePath(`${root}/${path}`)}`, signal),
  };
}

/**
 * Files on the disk of the old server, as its UI gets them. A folder of this machine that an old server names is never read
 * from the disk: it may be another's folder, or one that nobody meant to give away.
 */
export function servedFiles(client: RestClient, { id }: ArtifactOwner): ArtifactFiles {
  const isModel = id.startsWith("m-");
  const model = `/logged-models/${encodeURIComponent(id)}/artifacts`;
  const list = (folder: string) =>
    isModel
      ? client.get(`/api/2.0/mlflow${model}/directories`, { artifact_directory_path: folder })
      : client.get("/api/2.0/mlflow/artifacts/list", { run_id: id, path: folder });
  const addressOf = (path: string) =>
    isModel
      ? `/ajax-api/2.0/mlflow${model}/files?${new URLSearchParams({ artifact_file_path: path }).toString()}`
      : `/get-artifact?${new URLSearchParams({ run_uuid: id, path }).toString()}`;
  return {
    local: false,
    list: () => walk((folder) => list(folder), ""),
    open: (path, signal) => client.download(addressOf(path), signal),
  };
}

async function* walk(
  list: (folder: string) => Promise<Fields>,
  folder: string,
): AsyncGenerator<ArtifactFile, void, undefined> {
  const answer = await list(folder);
  for (const entry of listOf(answer, "files").toSorted(byPath)) {
    // Some list names, some the whole path.
    const name = textOf(entry, "path").split("/").at(-1) ?? "";
    if (name === "" || name === "." || name === "..") continue;
    const full = folder === "" ? name : `${folder}/${name}`;
    if (entry["is_dir"] === true) yield* walk(list, full);
    else yield { path: full, size: intOf(entry, "file_size") };
  }
}

function byPath(a: Fields, b: Fields): number {
  return textOf(a, "path") < textOf(b, "path") ? -1 : 1;
}

export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
