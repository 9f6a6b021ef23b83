import { parseManifest, type DeployRequest, type DeployResult } from "@slipway/contract";
import { toParityDetails } from "@slipway/runtime";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import { requireVerified } from "../registry/index.ts";
import type { EndpointUseCases } from "./endpoints.ts";
import type { Placed } from "../serving/index.ts";
import type { GatedVersion } from "./gates.ts";
import { makeVersion, requireFiles, type MakeVersionDeps } from "./make-version.ts";

export interface DeployDeps extends MakeVersionDeps {
  readonly operations: Operations;
  readonly endpoints: EndpointUseCases;
}

/** Starts the operation that makes a version of uploaded files and sends traffic to it. */
export type Deploy = (request: DeployRequest, author: string | null) => Promise<Operation>;

export function createDeploy(deps: DeployDeps): Deploy {
  async function run(request: DeployRequest, author: string | null, context: RunContext): Promise<DeployResult> {
    const allowBreaking = request.allow_breaking ?? false;
    const manifest = request.manifest ?? null;
    const name = request.traffic === false ? null : (request.endpoint ?? request.name);
    const planLoad = (version: GatedVersion & Placed) => deps.endpoints.planLoad(name, { version, manifest });
    const check = async (version: GatedVersion) => {
      if (request.traffic === false) return;
      await deps.endpoints.checkServe(request.endpoint ?? request.name, { version, manifest, allowBreaking });
    };
    const made = await makeVersion(deps, { request, author, planLoad, check }, context);
    const { version, created, packaged, parity, placement } = made;
    context.signal.throwIfAborted();
    let endpoint = null;
    if (request.traffic !== false) {
      context.progress("serve", `loading ${version.model}@${version.version} beside what serves now`, 0.8);
      const target = { model: version.model, version: version.version };
      const served = await deps.endpoints.serve(
        request.endpoint ?? request.name,
        { ...target, manifest, action: "deploy", allowBreaking },
        { author, message: request.message ?? null },
      );
      endpoint = served.endpoint;
    }
    const remarks =
      placement === packaged.placement ? [] : [`The endpoint has it run elsewhere: placement ${placement}.`];
    const same = `these bytes and this model section are version ${version.version} already; nothing new was made`;
    return {
      model: version.model,
      version: version.version,
      digest: requireVerified(version).digest,
      created,
      endpoint: endpoint?.name ?? null,
      revision: endpoint?.revision ?? null,
      placement,
      parity: parity && (toParityDetails(parity) as DeployResult["parity"]),
      notes: [...packaged.notes, ...remarks, ...(created ? [] : [same])],
    };
  }

  return async (request, author) => {
    // What can be told at once is told before the operation begins.
    if (request.manifest !== undefined) parseManifest(request.manifest);
    await requireFiles(deps.blobs, request);
    return deps.operations.start("deploy", request.endpoint ?? request.name, async (context) => ({
      ...(await run(request, author, context)),
    }));
  };
}
