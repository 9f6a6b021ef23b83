import { parseName, SlipwayError } from "@slipway/contract";
import {
  addModelStatistics,
  toModelConfig,
  toModelMetadata,
  toModelStatistics,
  type ModelConfig,
  type ModelMetadata,
  type ModelStatistics,
} from "@slipway/runtime";
import type { Endpoints, Route } from "../endpoints/index.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import type { LoadedVersion } from "../serving/index.ts";
import type { ProcessReport } from "./process-report.ts";

export interface ServedModelsDeps {
  readonly endpoints: Pick<Endpoints, "snapshot">;
  readonly registry: Pick<Registry, "requireVersion">;
  /** The most rows of a run where an endpoint does not say. */
  readonly batchRows: number;
  /** Of the other processes of this server; null where there are none. */
  readonly others: (() => Promise<readonly ProcessReport[]>) | null;
}

/** A model of the Open Inference Protocol: an endpoint, or one version of what it serves. */
export interface ModelPath {
  readonly model: string;
  /** As it was sent; undefined or "": the version that serves. */
  readonly version?: string | undefined;
}

/** What the Open Inference Protocol tells of models, over HTTP and gRPC alike. */
export interface ServedModels {
  /** Names of the endpoints that have something to serve. */
  list(): readonly string[];
  /** Whether it would answer now. @throws SlipwayError `endpoint_not_found`, `version_not_found`, `invalid_name` */
  isReady(path: ModelPath): Promise<boolean>;
  /** @throws SlipwayError as `isReady`, and `not_ready` */
  metadata(path: ModelPath): Promise<ModelMetadata>;
  /** @throws SlipwayError as `metadata` */
  config(path: ModelPath): Promise<ModelConfig>;
  /** What the version that serves has done since it was loaded. @throws SlipwayError as `metadata`; `precondition_failed` for other versions */
  statistics(path: ModelPath): Promise<ModelStatistics>;
  /** Of all that serve. */
  allStatistics(): Promise<readonly ModelStatistics[]>;
}

/** The version of a path; null where it names none. @throws SlipwayError `invalid_name` */
export function parseVersion(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new SlipwayError("invalid_name", `${JSON.stringify(text)} is not a version; versions are 1, 2, 3 and so on.`);
}

export function createServedModels({ endpoints, registry, batchRows, others }: ServedModelsDeps): ServedModels {
  function requireRoute(name: string): Route {
    const route = endpoints.snapshot().routes.get(parseName(name, "model name"));
    if (route?.spec.target) return route;
    throw new SlipwayError("endpoint_not_found", `There is no model ${JSON.stringify(name)}.`, { endpoint: name });
  }

  /** The version that would answer, null where it cannot. */
  async function find({
    model: name,
    version: text,
  }: ModelPath): Promise<{ route: Route; found: ModelVersion | null }> {
    const route = requireRoute(name);
    const { model, version } = route.spec.target!;
    const pinned = parseVersion(text);
    if (pinned !== null && pinned !== version) return { route, found: await registry.requireVersion(model, pinned) };
    return { route, found: route.loaded?.version ?? null };
  }

  async function require(path: ModelPath): Promise<{ route: Route; found: ModelVersion }> {
    const { route, found } = await find(path);
    if (found) return { route, found };
    throw new SlipwayError("not_ready", `${path.model} is not loaded; "slipway status" says why.`);
  }

  /** With what the other processes have done by the same versions. */
  async function inAll(own: readonly ModelStatistics[]): Promise<readonly ModelStatistics[]> {
    const more = ((await others?.()) ?? []).flatMap((report) => report.models);
    const isSame = (a: ModelStatistics, b: ModelStatistics) => a.name === b.name && a.version === b.version;
    return own.map((one) => more.filter((other) => isSame(one, other)).reduce(addModelStatistics, one));
  }

  return {
    list: () =>
      [...endpoints.snapshot().routes.values()].filter(({ spec }) => spec.target).map((route) => route.endpoint),
    async isReady(path) {
      const { route, found } = await find(path);
      if (route.stop !== null) return route.stop === "fallback" && route.fallback !== null;
      // A pinned version is loaded when it is asked.
      return found !== null && (found !== route.loaded?.version || route.loaded.replicas.ready > 0);
    },
    async metadata(path) {
      const { found } = await require(path);
      return toModelMetadata({ ...found, name: path.model });
    },
    async config(path) {
      const { route, found } = await require(path);
      const { replicas, device = "cpu", batching } = route.spec.serve;
      return toModelConfig({
        name: path.model,
        version: found.version,
        platform: found.platform,
        signature: found.signature,
        maxRows: batching === null ? 1 : (batching?.maxRows ?? batchRows),
        batching: batching === null ? null : { maxDelayMs: batching?.maxDelayMs ?? 0 },
        replicas: route.loaded?.placement === "thread" ? 1 : replicas,
        device,
      });
    },
    async statistics(path) {
      const { route, found } = await require(path);
      if (found.version === route.loaded?.version.version) return (await inAll([ownOf(path.model, route.loaded)]))[0]!;
      throw new SlipwayError(
        "precondition_failed",
        `Version ${found.version} is not the one that ${path.model} serves, and only that is counted; ask for version ${route.spec.target!.version}.`,
      );
    },
    allStatistics: () =>
      inAll(
        [...endpoints.snapshot().routes.values()].flatMap(({ endpoint, loaded }) =>
          loaded ? [ownOf(endpoint, loaded)] : [],
        ),
      ),
  };
}

function ownOf(name: string, { version, stats }: LoadedVersion): ModelStatistics {
  return toModelStatistics({ name, version: version.version, stats });
}
