import { createReadStream } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { SlipwayError } from "@slipway/contract/errors";
import type { ArtifactFile, ArtifactFiles, ArtifactOwner, ArtifactPlace } from "./source.ts";

/** The scheme in small letters; "" of a path of this machine. */
export function schemeOf(uri: string): string {
  // One letter is a drive of Windows.
  return /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase() ?? "";
}

/** The folder of a `file:` address or of a path; null of any other address. */
export function toLocalPath(uri: string, base: string): string | null {
  const scheme = schemeOf(uri);
  if (scheme === "") return isAbsolute(uri) ? uri : join(base, uri);
  if (scheme !== "file" || !URL.canParse(uri)) return null;
  const url = new URL(uri);
  if (url.hostname !== "" && url.hostname !== "localhost") return null;
  try {
    return fileURLToPath(`file://${url.pathname}`);
  } catch {
    return null;
  }
}

/**
 * An old server names folders of the machine where the import runs. Only what looks like the artifacts of this run or model is
 * read, so that nobody's address makes other files of this machine leave it.
 */
export function isArtifactFolder(path: string, { id }: ArtifactOwner): boolean {
  const parts = path.split(/[\\/]/).filter((part) => part !== "");
  return parts.at(-1) === "artifacts" && parts.at(-2) === id && !parts.includes("..");
}

/** @returns null where there is no such folder */
export async function findLocalFiles(path: string): Promise<ArtifactPlace | null> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true ? { kind: "readable", files: localFiles(path) } : null;
}

function localFiles(root: string): ArtifactFiles {
  return {
    local: true,
    async *list() {
      yield* walk(root, await realpath(root), "");
    },
    async open(path, signal) {
      const file = join(root, ...path.split("/"));
      if (!isInside(await realpath(root), await realpath(file))) throw outside(file);
      return Readable.toWeb(createReadStream(file, { signal })) as ReadableStream<Uint8Array>;
    },
  };
}

async function* walk(root: string, realRoot: string, folder: string): AsyncGenerator<ArtifactFile, void, undefined> {
  const names = await readdir(join(root, folder));
  for (const name of names.toSorted()) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const full = join(root, ...path.split("/"));
    const entry = await lstat(full);
    // A link to a folder may come round; one to a file of the same artifacts is a file.
    if (entry.isDirectory()) yield* walk(root, realRoot, path);
    else if (entry.isFile()) yield { path, size: entry.size };
    else if (entry.isSymbolicLink()) {
      const target = await realpath(full).catch(() => null);
      if (target === null || !isInside(realRoot, target)) continue;
      const pointed = await stat(target);
      if (pointed.isFile()) yield { path, size: pointed.size };
    }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(file: string): SlipwayError {
  return new SlipwayError("invalid_request", `${file} is a link out of the folder of the artifacts; it is not read.`);
}

/** What an `mlflow-artifacts:` address names below the root of the server. */
export function proxiedPath(uri: string): string {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/is.exec(uri)?.[1] ?? "";
  return path.replace(/\/+$/, "");
}

/** The store of an address, as it may be shown: no user, no password, no path. */
export function storeOf(uri: string): string {
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(uri) ?? [];
  if (scheme === undefined) return "another store";
  return authority === undefined ? `${scheme}:` : `${scheme}://${authority.replace(/^.*@/, "")}`;
}

/** An address without a user, a password or a signature. */
export function withoutSecrets(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1").replace(/[?#].*$/s, "");
}
