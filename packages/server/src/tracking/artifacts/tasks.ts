import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { joinArtifactPath } from "./artifact-path.ts";

export interface StoredArtifact {
  readonly sha256: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

interface FileKey {
  readonly folder: string;
  readonly name: string;
}

export interface NewArtifact extends FileKey, StoredArtifact {}

/** In place of what was at this path. */
export async function putArtifact(db: TaskDb, { folder, name, sha256, size, updatedAt }: NewArtifact): Promise<void> {
  await requireFreePath(db, { folder, name });
  await db.change(
    `insert into artifacts (folder, name, sha256, size, updated_at) values (?, ?, ?, ?, ?)
     on conflict (folder, name) do update set sha256 = excluded.sha256, size = excluded.size, updated_at = excluded.updated_at`,
    [folder, name, sha256, size, updatedAt],
  );
}

/** A path is a file or a folder. */
async function requireFreePath(db: TaskDb, { folder, name }: FileKey): Promise<void> {
  const path = joinArtifactPath(folder, name);
  const [from, to] = below(path);
  const inside = "select folder from artifacts where folder = ? or (folder >= ? and folder < ?) limit 1";
  if ((await db.rows(inside, [path, from, to])).length > 0) throw isFolder(path);
  const segments = folder === "" ? [] : folder.split("/");
  for (const [index, segment] of segments.entries()) {
    const above = { folder: segments.slice(0, index).join("/"), name: segment };
    if ((await findArtifact(db, above)) === null) continue;
    throw new SlipwayError(
      "invalid_request",
      `${joinArtifactPath(above.folder, segment)} is a file, so nothing can lie below it. Delete it or choose another path.`,
    );
  }
}

function isFolder(path: string): SlipwayError {
  return new SlipwayError("invalid_request", `${path} is a folder, so it cannot be a file. Choose another path.`);
}

export async function findArtifact(db: TaskDb, { folder, name }: FileKey): Promise<StoredArtifact | null> {
  const [row] = await db.rows<StoredArtifact>(
    `select sha256, size, updated_at as "updatedAt" from artifacts where folder = ? and name = ?`,
    [folder, name],
  );
  return row ?? null;
}

export interface ArtifactFolder {
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly folders: readonly string[];
}

/** What lies directly in a folder, each in the order of the bytes of its name. */
export async function listArtifactFolder(db: TaskDb, { folder }: { readonly folder: string }): Promise<ArtifactFolder> {
  const files = await db.rows<{ name: string; size: number }>(
    "select name, size from artifacts where folder = ? order by name",
    [folder],
  );
  return { files, folders: await listSubfolders(db, folder) };
}

/** Jumps from one to the next, whatever lies in them. */
async function listSubfolders(db: TaskDb, folder: string): Promise<readonly string[]> {
  const start = folder === "" ? "" : `${folder}/`;
  const names = new Set<string>();
  for (let [from, how] = [start, ">"]; ;) {
    const text = `select min(folder) as folder from artifacts where folder ${how} ?`;
    const found = (await db.rows<{ folder: string | null }>(text, [from]))[0]!.folder;
    if (found === null || !found.startsWith(start)) return [...names].toSorted();
    const name = found.slice(start.length).split("/")[0]!;
    names.add(name);
    // Between `a` and what is in it lies `a-b`, so only what is in it is jumped over.
    const child = start + name;
    [from, how] = found === child ? [child, ">"] : [below(child)[1], ">="];
  }
}

export interface ArtifactFile {
  /** Below the folder that was asked for. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** All files of a folder and those in it. */
export async function listArtifactFiles(
  db: TaskDb,
  { folder }: { readonly folder: string },
): Promise<readonly ArtifactFile[]> {
  const [from, to] = below(folder);
  const select = "select folder, name, sha256, size from artifacts";
  const rows = await db.rows<FileKey & { sha256: string; size: number }>(
    folder === ""
      ? `${select} order by folder, name`
      : `${select} where folder = ? or (folder >= ? and folder < ?) order by folder, name`,
    folder === "" ? [] : [folder, from, to],
  );
  const cut = folder === "" ? 0 : folder.length + 1;
  return rows.map(({ sha256, size, ...key }) => ({
    path: joinArtifactPath(key.folder, key.name).slice(cut),
    sha256,
    size,
  }));
}

/** A file, or a folder with all that is in it. @returns how many files */
export async function deleteArtifacts(db: TaskDb, { path }: { readonly path: string }): Promise<number> {
  const [from, to] = below(path);
  const cut = path.lastIndexOf("/");
  return db.change(
    "delete from artifacts where (folder = ? and name = ?) or folder = ? or (folder >= ? and folder < ?)",
    [path.slice(0, Math.max(cut, 0)), path.slice(cut + 1), path, from, to],
  );
}

/** The folders inside a folder: from, inclusive, and to, exclusive. */
function below(path: string): readonly [string, string] {
  // "0" is the character after "/".
  return [`${path}/`, `${path}0`];
}

/** Digests of all blobs that are artifacts. */
export async function listArtifactBlobs(db: TaskDb, { after }: { readonly after: string }): Promise<readonly string[]> {
  const rows = await db.rows<{ sha256: string }>(
    "select distinct sha256 from artifacts where sha256 > ? order by sha256 limit 10000",
    [after],
  );
  return rows.map(({ sha256 }) => sha256);
}

export async function isArtifactBlob(db: TaskDb, { sha256 }: { readonly sha256: string }): Promise<boolean> {
  return (await db.rows("select 1 as one from artifacts where sha256 = ? limit 1", [sha256])).length > 0;
}

/** Where the files of a run are. Deleted ones too; null where there is none. */
export async function findRunUri(db: TaskDb, { id }: { readonly id: string }): Promise<string | null> {
  const [row] = await db.rows<{ uri: string }>("select artifact_uri as uri from runs where id = ?", [id]);
  return row?.uri ?? null;
}

/** The same of a logged model that is not deleted. */
export async function findLoggedModelUri(db: TaskDb, { id }: { readonly id: string }): Promise<string | null> {
  const [row] = await db.rows<{ uri: string }>(
    "select artifact_uri as uri from logged_models where id = ? and lifecycle = 'active'",
    [id],
  );
  return row?.uri ?? null;
}
