import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest, SlipwayError, type DeployFilesRequest, type Manifest } from "@slipway/contract";
import { examplesFile, lockFile, type ParityReport, type Placement } from "@slipway/runtime";
import type { BlobHold, BlobStore } from "../platform/blobs/index.ts";
import type { RunContext } from "../platform/queue/index.ts";
import {
  requireSameAnswers,
  translatedFile,
  versionDigest,
  type Packaging,
  type PackagedModel,
} from "../packaging/index.ts";
import type { CreatedVersion, Registry, Verification, VersionOrigin, VersionRef } from "../registry/index.ts";
import { toPlacement, type LoadSettings, type Placed, type Serving } from "../serving/index.ts";
import type { GatedVersion } from "./gates.ts";

export interface MakeVersionDeps {
  /** A folder for files that are being looked at. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly packaging: Packaging;
  readonly registry: Registry;
  readonly serving: Serving;
}

export interface MadeVersion extends CreatedVersion {
  readonly packaged: PackagedModel;
  /** How it answered its examples; null without any. */
  readonly parity: ParityReport | null;
  /** Where it will run, which the endpoint may have chosen. */
  readonly placement: Placement;
}

export interface VersionRequest {
  readonly request: DeployFilesRequest;
  /** Where the files came from; left out: they were uploaded for this. */
  readonly origin?: VersionOrigin | undefined;
  /** The version that was registered with these files, and is looked at now. Left out: a new version is made, unless there is the same already. */
  readonly registered?: VersionRef | undefined;
  readonly author: string | null;
  /** How it will be loaded; throws where it cannot run there. */
  readonly planLoad: (version: GatedVersion & Placed) => Promise<LoadSettings>;
  /** Asked before anything is stored; throws where the version may not be made. */
  readonly check: (version: GatedVersion) => Promise<void>;
}

const ownFiles: ReadonlySet<string> = new Set([examplesFile, lockFile, translatedFile]);

type ModelFiles = readonly { readonly path: string; readonly sha256: string; readonly size: number }[];

/** The uploaded files with their sizes; nobody takes them away for an hour. @throws SlipwayError `blob_not_found`, `invalid_request` */
export async function requireFiles(blobs: BlobStore, request: DeployFilesRequest): Promise<ModelFiles> {
  if (!request.files.some((file) => file.path === request.entry))
    throw new SlipwayError("invalid_request", `The entry ${request.entry} is not among the files.`);
  const own = request.files.find(({ path }) => ownFiles.has(path));
  if (own) throw new SlipwayError("invalid_request", `${own.path} is made by the server; leave it out of the files.`);
  return requireUploaded(blobs, request.files);
}

/** @throws SlipwayError `blob_not_found` */
export async function requireUploaded(
  blobs: BlobStore,
  files: readonly { readonly path: string; readonly sha256: string }[],
): Promise<ModelFiles> {
  return Promise.all(
    files.map(async ({ path, sha256 }) => {
      const stat = await blobs.renew(sha256);
      if (stat) return { path, sha256, size: stat.size };
      throw new SlipwayError("blob_not_found", `The file ${path} has not been uploaded yet.`, { sha256, path });
    }),
  );
}

/**
 * Looks at the uploaded files in a folder of their own, has them answer their examples where they are going to serve, and
 * registers what they are: a version that is refused was never there.
 */
export async function makeVersion(
  deps: MakeVersionDeps,
  { request, author, planLoad, check, ...into }: VersionRequest,
  context: RunContext,
): Promise<MadeVersion> {
  const manifest = request.manifest === undefined ? null : parseManifest(request.manifest);
  const uploaded = await requireFiles(deps.blobs, request);
  const holds: BlobHold[] = [];
  let used = false;
  const room = await mkdtemp(join(deps.folder, "inspect-"));
  const folder = join(room, "files");
  try {
    holds.push(await deps.blobs.hold(uploaded.map((file) => file.sha256)));
    await deps.blobs.layout(uploaded, folder);
    context.progress("inspect", `looking at ${request.entry}`, 0.2);
    const packaged = await deps.packaging.inspect({
      folder,
      path: request.entry,
      manifest,
      said: toSaid(request),
      signal: context.signal,
      onProgress: (message) => context.progress("inspect", message, 0.4),
    });
    const digest = versionDigest(uploaded, packaged.modelSection);
    if (request.expect !== undefined && request.expect !== digest)
      throw new SlipwayError("precondition_failed", `The version has the digest ${digest}, not ${request.expect}.`, {
        digest,
      });
    const what = `${request.name} (${request.entry})`;
    const settings = await planLoad({ what, ...packaged });
    const parity = await prove(deps.serving, { what, folder, packaged, settings }, context);
    await check({ what, ...packaged });
    context.progress("register", `storing the version of ${request.name}`, 0.6);
    const files = await withMade(deps.blobs, uploaded, packaged);
    holds.push(await deps.blobs.hold(files.map((file) => file.sha256)));
    const found = { ...toFound(packaged, manifest), digest, files };
    const created = await store(deps.registry, { request, author, found, ...into });
    used = true;
    return { ...created, packaged, parity, placement: toPlacement(packaged, settings) };
  } finally {
    for (const hold of holds) hold.release({ used });
    await rm(room, { recursive: true, force: true });
  }
}

/** Registers what was found, in the place of the version that it was found for. */
async function store(
  registry: Registry,
  {
    request,
    author,
    found,
    origin,
    registered,
  }: Omit<VersionRequest, "planLoad" | "check"> & { readonly found: Verification },
): Promise<CreatedVersion> {
  if (registered) return { version: await registry.verifyVersion(registered, found, author), created: true };
  const about = { model: request.name, state: "verified", message: request.message ?? null, author } as const;
  return registry.createVersion({ ...found, ...about, ...(origin && { origin }) }, { reuse: true });
}

function toSaid({ flavor, runtime }: DeployFilesRequest) {
  return { ...(flavor && { flavor }), ...(runtime && { runtime }) };
}

/** In the placement that will serve, and before anything knows of the version. @throws SlipwayError `parity_failed` */
async function prove(
  serving: Serving,
  subject: {
    readonly what: string;
    readonly folder: string;
    readonly packaged: PackagedModel;
    readonly settings: LoadSettings;
  },
  context: RunContext,
): Promise<ParityReport | null> {
  const { what, folder, packaged, settings } = subject;
  const { signature, placement, program, report, examples, entry } = packaged;
  // Without examples, a device that the probe did not use still has to be there.
  if (examples === null && settings.device !== "cuda") return null;
  const doing = examples === null ? "opening it" : `answering ${examples.rows} examples`;
  context.progress("prove", `${doing} in the placement that will serve`, 0.55);
  const place = { what, folder, entry, program, signature, placement, report, settings };
  const { parity } = await serving.prove({ ...place, hasExamples: examples !== null }, context.signal);
  if (parity !== null) requireSameAnswers(parity, what, packaged);
  return parity;
}

/** What packaging made goes beside what was given: the model that had to be rewritten, the examples. */
async function withMade(blobs: BlobStore, files: ModelFiles, packaged: PackagedModel): Promise<ModelFiles> {
  const made = [...packaged.made, ...(packaged.examples === null ? [] : [packaged.examples])];
  for (const { path, sha256, size } of made)
    if (!(await blobs.renew(sha256)))
      await blobs.put(sha256, createReadStream(path), { offset: 0, total: size, restart: true });
  const added = made.map(({ relativePath, sha256, size }) => ({ path: relativePath, sha256, size }));
  return [...files, ...added];
}

function toFound(packaged: PackagedModel, manifest: Manifest | null): Omit<Verification, "digest" | "files"> {
  const { entry, flavor, platform, signature, modelSection, placement, program, report } = packaged;
  const owner = manifest?.owner ?? null;
  return { entry, flavor, platform, signature, modelSection, placement, program, report, owner };
}
