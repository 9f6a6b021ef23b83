import { parseAddress, SlipwayError, type ComparisonResult } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Operation, Operations, RunContext } from "../../platform/queue/index.ts";
import { requireVerified, type VerifiedVersion } from "../../registry/index.ts";
import type { AnalyseOptions } from "./analyse.ts";
import { createComparePair, type EngineDeps, type RowSource } from "./engine.ts";
import { toComparisonResult } from "./to-result.ts";

export interface CompareDeps extends EngineDeps {
  readonly operations: Operations;
  readonly endpoints: Pick<Endpoints, "snapshot" | "require">;
}

export interface NewCompare extends Omit<AnalyseOptions, "outputs"> {
  /** NAME@VERSION or NAME@ALIAS. */
  readonly a: string;
  readonly b: string;
  readonly on: LoggedOn | FileOn;
  readonly limit: number;
}

interface LoggedOn {
  readonly kind: "logged";
  /** Null: the one that serves the model. */
  readonly endpoint: string | null;
  readonly since: number | null;
  readonly until: number | null;
}

interface FileOn {
  readonly kind: "file";
  readonly sha256: string;
  readonly name: string;
  readonly label: string | null;
}

/**
 * Starts the operation that has two versions answer the same rows, requests on record or those of a file, and tells them apart.
 * @throws SlipwayError `version_not_found`, `alias_not_found`, `endpoint_not_found`, `blob_not_found`, `precondition_failed`
 */
export type Compare = (compare: NewCompare) => Promise<Operation>;

export function createCompare(deps: CompareDeps): Compare {
  const comparePair = createComparePair(deps);

  async function run(
    pair: { readonly a: VerifiedVersion; readonly b: VerifiedVersion; readonly on: ComparisonResult["on"] },
    { source, ...options }: Omit<AnalyseOptions, "outputs"> & { readonly source: RowSource },
    { signal, progress }: RunContext,
  ): Promise<ComparisonResult> {
    const onProgress = (message: string, fraction: number | null) => progress("compare", message, fraction);
    const hold = await deps.blobs.hold(pair.on.kind === "file" ? [pair.on.sha256] : []);
    try {
      const { a, b } = pair;
      return toComparisonResult(await comparePair({ a, b, source, ...options }, { signal, onProgress }), pair);
    } finally {
      hold.release();
    }
  }

  return async ({ a: nameA, b: nameB, on, limit, ...options }) => {
    const a = requireVerified(await deps.registry.resolve(parseAddress(nameA)));
    const b = requireVerified(await deps.registry.resolve(parseAddress(nameB)));
    const named = await nameSource(deps, on, [a.model, b.model]);
    // They take turns with replays: never two of them beside the traffic.
    return deps.operations.start("compare", "replays", async (context) => ({
      ...(await run({ a, b, on: named.on }, { source: { ...named.source, limit }, ...options }, context)),
    }));
  };
}

async function nameSource(
  deps: CompareDeps,
  on: NewCompare["on"],
  models: readonly string[],
): Promise<{ readonly on: ComparisonResult["on"]; readonly source: DistributiveOmit<RowSource, "limit"> }> {
  if (on.kind === "file") {
    const { sha256, name, label } = on;
    if ((await deps.blobs.renew(sha256)) === null)
      throw new SlipwayError("blob_not_found", `The file ${name} has not been uploaded yet.`, { sha256 });
    return { on: { kind: "file", name, sha256 }, source: { kind: "file", name, path: deps.blobs.path(sha256), label } };
  }
  const endpoint = on.endpoint ?? findEndpoint(deps, models);
  await deps.endpoints.require(endpoint);
  const { since, until } = on;
  return {
    on: { kind: "logged", endpoint, first_at: null, last_at: null },
    source: { kind: "logged", endpoint, since, until, labels: true },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The endpoint that is named as the model, else the only one that serves it. */
function findEndpoint({ endpoints }: CompareDeps, models: readonly string[]): string {
  const serving = [...endpoints.snapshot().routes.values()]
    .filter(({ spec }) => spec.target !== null && models.includes(spec.target.model))
    .map(({ endpoint }) => endpoint);
  const named = serving.find((endpoint) => models.includes(endpoint));
  if (named !== undefined) return named;
  const [only, ...others] = serving;
  if (only !== undefined && others.length === 0) return only;
  throw new SlipwayError(
    "precondition_failed",
    only === undefined
      ? `No endpoint serves ${models[0]}, so nobody's requests are known. Name an endpoint, or compare on a file.`
      : `Several endpoints serve ${models[0]}: ${serving.join(", ")}. Name the one whose requests are meant.`,
    { endpoints: serving },
  );
}
