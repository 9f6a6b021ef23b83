import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest, SlipwayError, type DeployRequest, type Manifest } from "@slipway/contract";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { RunContext } from "../platform/queue/index.ts";
import { versionDigest, type Packaging, type PackagedModel } from "../packaging/index.ts";
import type { CreatedVersion, Registry } from "../registry/index.ts";

export interface MakeVersionDeps {
  /** A folder for files that are being looked at. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly packaging: Packaging;
  readonly registry: Registry;
}

export interface MadeVersion extends CreatedVersion {
  readonly packaged: PackagedModel;
}

type ModelFiles = readonly { readonly path: string; readonly sha256: string; readonly size: number }[];

/** The uploaded files with their sizes. @throws SlipwayError `blob_not_found`, `invalid_request` */
export async function requireFiles(blobs: BlobStore, request: DeployRequest): Promise<ModelFiles> {
  if (!request.files.some((file) => file.path === request.entry))
    throw new SlipwayError("invalid_request", `The entry ${request.entry} is not among the files.`);
  return Promise.all(
    request.files.map(async ({ path, sha256 }) => {
      const stat = await blobs.stat(sha256);
      if (stat) return { path, sha256, size: stat.size };
      throw new SlipwayError("blob_not_found", `The file ${path} has not been uploaded yet.`, { sha256, path });
    }),
  );
}

/** Looks at the uploaded files in a folder of their own and registers what they are. */
export async function makeVersion(
  deps: MakeVersionDeps,
  { request, author }: { readonly request: DeployRequest; readonly author: string | null },
  context: RunContext,
): Promise<MadeVersion> {
  const manifest = request.manifest === undefined ? null : parseManifest(request.manifest);
  const uploaded = await requireFiles(deps.blobs, request);
  const room = await mkdtemp(join(deps.folder, "inspect-"));
  const folder = join(room, "files");
  try {
    await deps.blobs.layout(uploaded, folder);
    context.progress("inspect", `opening ${request.entry} in a process of its own`, 0.2);
    const packaged = await deps.packaging.inspect({
      folder,
      path: request.entry,
      manifest,
      signal: context.signal,
      onProgress: (message) => context.progress("inspect", message, 0.4),
    });
    const digest = versionDigest(uploaded, packaged.modelSection);
    if (request.expect !== undefined && request.expect !== digest)
      throw new SlipwayError("precondition_failed", `The version has the digest ${digest}, not ${request.expect}.`, {
        digest,
      });
    context.progress("register", `storing the version of ${request.name}`, 0.6);
    const { files, entry } = await withRewritten(deps.blobs, uploaded, packaged);
    const version = toVersion(packaged, { request, manifest, author });
    const created = await deps.registry.createVersion(
      { ...version, digest, files, entry: entry ?? request.entry },
      { reuse: true },
    );
    return { ...created, packaged };
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

/** A model that had to be rewritten to be served keeps its own bytes; the rewritten ones go beside them. */
async function withRewritten(
  blobs: BlobStore,
  files: ModelFiles,
  packaged: PackagedModel,
): Promise<{ files: ModelFiles; entry: string | null }> {
  if (!packaged.rewritten) return { files, entry: null };
  const { path: source, relativePath: entry, sha256, size } = packaged.rewritten;
  if (!(await blobs.stat(sha256)))
    await blobs.put(sha256, createReadStream(source), { offset: 0, total: size, restart: true });
  return { files: [...files, { path: entry, sha256, size }], entry };
}

function toVersion(
  packaged: PackagedModel,
  from: { readonly request: DeployRequest; readonly manifest: Manifest | null; readonly author: string | null },
) {
  return {
    model: from.request.name,
    state: "verified" as const,
    flavor: packaged.flavor,
    platform: packaged.platform,
    signature: packaged.signature,
    modelSection: packaged.modelSection,
    placement: packaged.placement,
    report: packaged.report,
    owner: from.manifest?.owner ?? null,
    message: from.request.message ?? null,
    author: from.author,
  };
}
