import type { SqlTasks } from "../../platform/sql/index.ts";
import type * as module from "../registry-tasks.ts";
import type { ModelVersionJson, RegisteredModelJson } from "./render.ts";
import type { RegistryQuery } from "./tasks.ts";

export type { RegistryQuery };

/** Models and versions as MLflow's JSON has them; what may be long comes rendered. */
export interface RegistrySearch {
  /** @throws SlipwayError `model_not_found` */
  model(name: string): Promise<RegisteredModelJson>;
  /** @throws SlipwayError `version_not_found` */
  version(model: string, version: number): Promise<ModelVersionJson>;
  /** @throws SlipwayError `model_not_found`, `alias_not_found` */
  byAlias(model: string, alias: string): Promise<ModelVersionJson>;
  /** The newest version of each of the stages, without any of all. @throws SlipwayError `model_not_found` */
  latest(model: string, stages: readonly string[]): Promise<readonly ModelVersionJson[]>;
  /** @throws SlipwayError `invalid_request` */
  models(query: RegistryQuery): Promise<Uint8Array>;
  /** @throws SlipwayError `invalid_request` */
  versions(query: RegistryQuery): Promise<Uint8Array>;
}

export function createRegistrySearch(tasks: SqlTasks<typeof module>): RegistrySearch {
  return {
    model: (name) => tasks.read("getModel", { name }),
    version: (model, version) => tasks.read("getVersion", { model, version }),
    byAlias: (model, alias) => tasks.read("findByAlias", { model, alias }),
    latest: (name, stages) => tasks.read("latestVersions", { name, stages }),
    models: (query) => tasks.read("searchModels", query),
    versions: (query) => tasks.read("searchVersions", query),
  };
}
