import {
  namePattern,
  parseManifest,
  SlipwayError,
  type DeployFilesRequest,
  type DeployRequest,
  type DeployResult,
  type Manifest,
} from "@slipway/contract";
import { toParityDetails } from "@slipway/runtime";
import { checkFilePaths } from "../platform/blobs/index.ts";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import { requireVerified, type ModelVersion, type Sources } from "../registry/index.ts";
import type { Authorship } from "./changes.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointUseCases } from "./endpoints.ts";
import type { Placed } from "../serving/index.ts";
import type { GatedVersion } from "./gates.ts";
import {
  makeVersion,
  requireFiles,
  requireUploaded,
  type MakeVersionDeps,
  type VersionRequest,
} from "./make-version.ts";
import { planSource } from "./plan-source.ts";

export interface DeployDeps extends MakeVersionDeps {
  readonly operations: Operations;
  readonly endpoints: EndpointUseCases;
  readonly sources: Sources;
  readonly gateFiles: GateFileKeeper;
  readonly release: Release;
}

/** What is to take an endpoint's traffic, and what says how. */
export interface ReleaseOrder {
  /** As it is now. */
  readonly endpoint: Endpoint;
  readonly version: ModelVersion;
  readonly manifest: Manifest | null;
  readonly allowBreaking: boolean;
}

export interface Released {
  /** Of the rollout. */
  readonly id: string;
  /** What whoever deployed may not have had in mind. */
  readonly notes: readonly string[];
}

/** Lets a version take the traffic step by step; null: it takes all of it at once. */
export type Release = (order: ReleaseOrder, by: Authorship) => Promise<Released | null>;

/** Keeps beside a version what the gates of its rollouts read. */
export interface GateFileKeeper {
  attach(
    model: string,
    version: number,
    files: readonly { readonly path: string; readonly sha256: string; readonly size: number }[],
  ): Promise<void>;
}

/** Starts the operation that makes a version of uploaded files, or of what the server has already, and sends traffic to it. */
export type Deploy = (request: DeployRequest, author: string | null) => Promise<Operation>;

type Order = Pick<VersionRequest, "request" | "origin" | "registered">;

export function createDeploy(deps: DeployDeps): Deploy {
  async function run(order: Order, author: string | null, context: RunContext): Promise<DeployResult> {
    const { request } = order;
    const allowBreaking = request.allow_breaking ?? false;
    const manifest = request.manifest ?? null;
    const name = endpointOf(request);
    const planLoad = (version: GatedVersion & Placed) => deps.endpoints.planLoad(name, { version, manifest });
    const check = async (version: GatedVersion) => {
      if (name !== null) await deps.endpoints.checkServe(name, { version, manifest, allowBreaking });
    };
    const made = await makeVersion(deps, { ...order, author, planLoad, check }, context);
    const { version, created, packaged, parity, placement } = made;
    await attachGateFiles(deps, version, request.gate_files ?? []);
    context.signal.throwIfAborted();
    const served = await serve(version, { request, author }, context);
    const remarks =
      placement === packaged.placement ? [] : [`The endpoint has it run elsewhere: placement ${placement}.`];
    const same = `these bytes and this model section are version ${version.version} already; nothing new was made`;
    return {
      ...toResult(version, served),
      created,
      placement,
      parity: parity && (toParityDetails(parity) as DeployResult["parity"]),
      notes: [...packaged.notes, ...remarks, ...(created ? [] : [same]), ...(served?.notes ?? [])],
    };
  }

  /** Of a version that was looked at before. */
  async function runVerified(
    version: ModelVersion,
    by: { readonly request: ServeRequest; readonly author: string | null },
    context: RunContext,
  ): Promise<DeployResult> {
    const served = await serve(version, by, context);
    const notes = served?.notes ?? [];
    return { ...toResult(version, served), created: false, placement: version.placement, parity: null, notes };
  }

  async function serve(
    made: ModelVersion,
    { request, author }: { readonly request: ServeRequest; readonly author: string | null },
    context: RunContext,
  ) {
    const name = endpointOf(request);
    if (name === null) return null;
    const { model, version } = made;
    const { manifest = null, allow_breaking: allowBreaking = false, message = null } = request;
    const by = { author, message };
    const endpoint = await findEndpoint(deps.endpoints, name);
    const parsed = manifest === null ? null : parseManifest(manifest);
    const order = endpoint && { endpoint, version: made, manifest: parsed, allowBreaking };
    const released = order && (await deps.release(order, by));
    if (released !== null)
      return { endpoint: await deps.endpoints.require(name), rollout: released.id, notes: [...released.notes] };
    context.progress("serve", `loading ${model}@${version} beside what serves now`, 0.8);
    const target = { model, version, manifest, action: "deploy", allowBreaking } as const;
    const served = (await deps.endpoints.serve(name, target, by)).endpoint;
    return { endpoint: served, rollout: null, notes: listSurprises(endpoint, served) };
  }

  return async (request, author) => {
    // What can be told at once is told before the operation begins.
    if (request.manifest !== undefined) parseManifest(request.manifest);
    const planned = "source" in request ? await planSource(deps, request) : { request };
    const subject = endpointOf(planned.request) ?? planned.request.name;
    if ("version" in planned) {
      const { version } = planned;
      const by = { request: planned.request, author };
      return deps.operations.start("deploy", subject, async (context) => ({
        ...(await runVerified(version, by, context)),
      }));
    }
    await requireFiles(deps.blobs, planned.request);
    const gateFiles = planned.request.gate_files ?? [];
    checkFilePaths(gateFiles.map(({ path }) => path));
    await requireUploaded(deps.blobs, gateFiles);
    return deps.operations.start("deploy", subject, async (context) => ({ ...(await run(planned, author, context)) }));
  };
}

/** What came of a deploy that nobody may have had in mind. */
function listSurprises(before: Endpoint | null, { name, spec }: Endpoint): string[] {
  const [was, is] = [before?.spec.target?.model, spec.target?.model];
  return [
    ...(spec.rollout !== null && was !== undefined && was !== is
      ? [`A rollout compares versions of one model. ${name} served ${was} before, so ${is} took all traffic at once.`]
      : []),
    ...(spec.stop === null
      ? []
      : [`${name} is stopped and does not answer by it; "slipway start ${name}" takes that back.`]),
  ];
}

async function attachGateFiles(
  { blobs, gateFiles }: Pick<DeployDeps, "blobs" | "gateFiles">,
  { model, version }: ModelVersion,
  files: NonNullable<DeployFilesRequest["gate_files"]>,
): Promise<void> {
  if (files.length === 0) return;
  const hold = await blobs.hold(files.map(({ sha256 }) => sha256));
  try {
    await gateFiles.attach(model, version, await requireUploaded(blobs, files));
  } finally {
    hold.release({ used: true });
  }
}

type ServeRequest = Omit<DeployFilesRequest, "files" | "entry">;

/** Null: no endpoint is to serve it. @throws SlipwayError `invalid_name` */
function endpointOf({ traffic, endpoint, name }: ServeRequest): string | null {
  if (traffic === false) return null;
  if (endpoint !== undefined) return endpoint;
  if (namePattern.test(name)) return name;
  throw new SlipwayError(
    "invalid_name",
    `The model ${JSON.stringify(name)} cannot give its name to an endpoint, which has 1 to 100 of a-z, 0-9, ".", "_" and "-". Name the endpoint: --endpoint NAME.`,
    { name },
  );
}

async function findEndpoint(endpoints: Pick<EndpointUseCases, "require">, name: string): Promise<Endpoint | null> {
  try {
    return await endpoints.require(name);
  } catch (error) {
    if (error instanceof SlipwayError && error.code === "endpoint_not_found") return null;
    throw error;
  }
}

interface Served {
  readonly endpoint: Endpoint;
  readonly rollout: string | null;
}

function toResult(version: ModelVersion, served: Served | null) {
  const { model, version: number } = version;
  const { digest } = requireVerified(version);
  const { endpoint = null, rollout = null } = served ?? {};
  const [name, revision] = [endpoint?.name ?? null, endpoint?.revision ?? null];
  return { model, version: number, digest, endpoint: name, revision, rollout };
}
