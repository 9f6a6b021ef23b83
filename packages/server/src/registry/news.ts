import type { KeyValue } from "../tracking/index.ts";
import type { Alias } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";

/** Told after the commit; a hint, as all events are. */
export type RegistryNews =
  | {
      readonly type: "model.created";
      readonly model: string;
      readonly description: string | null;
      readonly tags: readonly KeyValue[];
    }
  | { readonly type: "model.renamed"; readonly model: string; readonly to: string }
  | { readonly type: "model.tag.set"; readonly model: string; readonly tag: KeyValue }
  | { readonly type: "model.tag.deleted"; readonly model: string; readonly key: string }
  | { readonly type: "version.created"; readonly version: ModelVersion; readonly tags: readonly KeyValue[] }
  /** What was registered has been looked at: it can be served. */
  | { readonly type: "version.verified"; readonly version: ModelVersion }
  | { readonly type: "version.tag.set"; readonly version: ModelVersion; readonly tag: KeyValue }
  | { readonly type: "version.tag.deleted"; readonly version: ModelVersion; readonly key: string }
  | { readonly type: "stage.set"; readonly version: ModelVersion; readonly from: string }
  | { readonly type: "version.deleted"; readonly version: ModelVersion }
  | { readonly type: "alias.set"; readonly alias: Alias; readonly from: number | null }
  | { readonly type: "alias.deleted"; readonly alias: Alias };
