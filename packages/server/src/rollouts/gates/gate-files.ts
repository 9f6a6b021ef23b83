import { SlipwayError } from "@slipway/contract";
import type { Sql } from "../../platform/sql/index.ts";
import type { Registry } from "../../registry/index.ts";
import { createGateStore, type GateFile } from "./store.ts";

/** Files that gates read: held-out rows, requests. They are beside a version and no part of it: its digest does not know them. */
export interface GateFiles {
  /** Those with the same names are replaced. */
  attach(model: string, version: number, files: readonly GateFile[]): Promise<void>;
  /** @throws SlipwayError `blob_not_found` */
  require(of: { readonly model: string; readonly version: number; readonly path: string }): Promise<GateFile>;
  list(model: string, version: number): Promise<readonly GateFile[]>;
  /** Those of versions that were deleted. */
  prune(): Promise<void>;
  listReferenced(): Promise<ReadonlySet<string>>;
  isReferenced(sha256: string): Promise<boolean>;
}

export function createGateFiles({ sql, registry }: { readonly sql: Sql; readonly registry: Registry }): GateFiles {
  const store = createGateStore(sql);
  return {
    attach: store.putFiles,
    async require({ model, version, path }) {
      const found = await store.findFile({ model, version, path });
      if (found !== null) return found;
      throw new SlipwayError(
        "blob_not_found",
        `The file ${path}, which a gate names, did not come with ${model}@${version}. Deploy the folder again: slipway deploy sends what rollout.gates names.`,
        { path, model, version },
      );
    },
    list: store.listFiles,
    async prune() {
      const deleted = new Map((await registry.listDeleted()).map((version) => [version.id, version]));
      for (const { model, version } of deleted.values()) await store.removeFiles(model, version);
    },
    listReferenced: store.listBlobs,
    isReferenced: store.isBlob,
  };
}
