import type { Operations } from "../platform/queue/index.ts";
import type { Sources } from "../registry/index.ts";
import type { VerifyRegistered } from "./alias-moves.ts";
import type { EndpointUseCases } from "./endpoints.ts";
import { makeVersion, requireFiles, type MakeVersionDeps } from "./make-version.ts";
import { planRegistered } from "./plan-source.ts";

export interface VerifyRegisteredDeps extends MakeVersionDeps {
  readonly operations: Operations;
  readonly sources: Sources;
  readonly endpoints: Pick<EndpointUseCases, "planLoad" | "checkServe">;
}

/** Looks at a version that an alias was moved to, as a deploy to each endpoint that follows it would, before any traffic moves. */
export function createVerifyRegistered(deps: VerifyRegisteredDeps): VerifyRegistered {
  const { operations, sources, endpoints: useCases } = deps;
  return (version, { endpoints, followers, allowBreaking, by, move }) => {
    const { model, version: number } = version;
    const names = endpoints.map(({ name }) => name);
    return operations.start("alias", names[0]!, async (context) => {
      const { request } = await planRegistered(sources, version, { name: model });
      await requireFiles(deps.blobs, request);
      const made = await makeVersion(
        deps,
        {
          request,
          author: by.author,
          registered: { model, version: number },
          planLoad: (found) => useCases.planLoad(names[0]!, { version: found, manifest: null }),
          async check(found) {
            for (const { name } of followers)
              await useCases.checkServe(name, { version: found, manifest: null, allowBreaking });
          },
        },
        context,
      );
      context.signal.throwIfAborted();
      context.progress("serve", `loading ${model}@${number} beside what serves now`, 0.8);
      await move();
      return { model, version: number, digest: made.version.digest, endpoints: names };
    });
  };
}
