import type { Alias } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";

/** Told after the commit; a hint, as all events are. */
export type RegistryNews =
  | { readonly type: "version.created"; readonly version: ModelVersion }
  | { readonly type: "version.deleted"; readonly version: ModelVersion }
  | { readonly type: "alias.set"; readonly alias: Alias; readonly from: number | null }
  | { readonly type: "alias.deleted"; readonly alias: Alias };
