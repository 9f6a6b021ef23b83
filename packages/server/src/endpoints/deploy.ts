import { parseManifest, type DeployRequest, type DeployResult } from "@slipway/contract";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import type { EndpointUseCases } from "./endpoints.ts";
import { makeVersion, requireFiles, type MakeVersionDeps } from "./make-version.ts";

export interface DeployDeps extends MakeVersionDeps {
  readonly operations: Operations;
  readonly endpoints: EndpointUseCases;
}

/** Starts the operation that makes a version of uploaded files and sends traffic to it. */
export type Deploy = (request: DeployRequest, author: string | null) => Promise<Operation>;

export function createDeploy(deps: DeployDeps): Deploy {
  async function run(request: DeployRequest, author: string | null, context: RunContext): Promise<DeployResult> {
    const { version, created, packaged } = await makeVersion(deps, { request, author }, context);
    context.signal.throwIfAborted();
    let endpoint = null;
    if (request.traffic !== false) {
      context.progress("serve", `loading ${version.model}@${version.version} beside what serves now`, 0.8);
      const target = { model: version.model, version: version.version };
      const served = await deps.endpoints.serve(
        request.endpoint ?? request.name,
        { ...target, manifest: request.manifest ?? null, action: "deploy" },
        { author, message: request.message ?? null },
      );
      endpoint = served.endpoint;
    }
    const same = `these bytes and this model section are version ${version.version} already; nothing new was made`;
    return {
      model: version.model,
      version: version.version,
      digest: version.digest,
      created,
      endpoint: endpoint?.name ?? null,
      revision: endpoint?.revision ?? null,
      placement: version.placement,
      notes: created ? [...packaged.notes] : [...packaged.notes, same],
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
