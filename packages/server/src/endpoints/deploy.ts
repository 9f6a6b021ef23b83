import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest, SlipwayError, type DeployRequest, type DeployResult } from "@slipway/contract";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import { versionDigest, type Packaging, type PackagedModel } from "../packaging/index.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import type { Authorship, EndpointUseCases } from "./endpoints.ts";

export interface DeployDeps {
  /** A folder for files that are being looked at. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly packaging: Packaging;
  readonly registry: Registry;
  readonly operations: Operations;
  readonly endpoints: EndpointUseCases;
}

type ModelFiles = readonly { readonly path: string; readonly sha256: string; readonly size: number }[];

/** Starts the operation that makes a version of uploaded files and sends traffic to it. */
export type Deploy = (request: DeployRequest, author: string | null) => Promise<Operation>;

export function createDeploy(deps: DeployDeps): Deploy {
  const { blobs, registry } = deps;

  async function sizes(request: DeployRequest): Promise<ModelFiles> {
    return Promise.all(
      request.files.map(async ({ path, sha256 }) => {
        const stat = await blobs.stat(sha256);
        if (!stat)
          throw new SlipwayError("blob_not_found", `The file ${path} has not been uploaded yet.`, { sha256, path });
        return { path, sha256, size: stat.size };
      }),
    );
  }

  /** A model that had to be rewritten to be served keeps its own bytes; the rewritten ones go beside them. */
  async function withRewritten(
    files: ModelFiles,
    packaged: PackagedModel,
  ): Promise<{ files: ModelFiles; entry: string | null }> {
    if (!packaged.rewritten) return { files, entry: null };
    const { path: source, relativePath: entry, sha256, size } = packaged.rewritten;
    if (!(await blobs.stat(sha256))) await blobs.put(sha256, createReadStream(source), { offset: 0, total: size, restart: true });
    return { files: [...files, { path: entry, sha256, size }], entry };
  }

  async function makeVersion(request: DeployRequest, author: string | null, context: RunContext) {
    const manifest = request.manifest === undefined ? null : parseManifest(request.manifest);
    const uploaded = await sizes(request);
    if (!uploaded.some((file) => file.path === request.entry))
      throw new SlipwayError("invalid_request", `The entry ${request.entry} is not among the files.`);
    const room = await mkdtemp(join(deps.folder, "inspect-"));
    const folder = join(room, "files");
    try {
      await blobs.layout(uploaded, folder);
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
      const { files, entry } = await withRewritten(uploaded, packaged);
      context.progress("register", `storing the version of ${request.name}`, 0.6);
      const made = await registry.createVersion(
        {
          model: request.name,
          state: "verified",
          digest,
          flavor: packaged.flavor,
          platform: packaged.platform,
          signature: packaged.signature,
          files,
          entry: entry ?? request.entry,
          modelSection: packaged.modelSection,
          placement: packaged.placement,
          report: packaged.report,
          owner: manifest?.owner ?? null,
          message: request.message ?? null,
          author,
        },
        { reuse: true },
      );
      return { ...made, packaged };
    } finally {
      await rm(room, { recursive: true, force: true });
    }
  }

  async function serve(request: DeployRequest, version: ModelVersion, by: Authorship) {
    const name = request.endpoint ?? request.name;
    const { endpoint } = await deps.endpoints.serve(
      name,
      { model: version.model, version: version.version, manifest: request.manifest ?? null, action: "deploy" },
      by,
    );
    return endpoint;
  }

  async function run(request: DeployRequest, author: string | null, context: RunContext): Promise<DeployResult> {
    const { version, created, packaged } = await makeVersion(request, author, context);
    context.signal.throwIfAborted();
    const by = { author, message: request.message ?? null };
    let endpoint = null;
    if (request.traffic !== false) {
      context.progress("serve", `loading ${version.model}@${version.version} beside what serves now`, 0.8);
      endpoint = await serve(request, version, by);
    }
    return {
      model: version.model,
      version: version.version,
      digest: version.digest,
      created,
      endpoint: endpoint?.name ?? null,
      revision: endpoint?.revision ?? null,
      placement: version.placement,
      notes: created
        ? [...packaged.notes]
        : [
            ...packaged.notes,
            `these bytes and this model section are version ${version.version} already; nothing new was made`,
          ],
    };
  }

  return async (request, author) => {
    if (request.manifest !== undefined) parseManifest(request.manifest);
    await sizes(request);
    return deps.operations.start(
      "deploy",
      request.endpoint ?? request.name,
      (context) => run(request, author, context) as unknown as Promise<Record<string, unknown>>,
    );
  };
}
