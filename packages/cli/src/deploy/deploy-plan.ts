import type { ManifestJson } from "../manifest.ts";

export interface PlannedFile {
  /** In the package: relative to its folder, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
}

/** What `slipway deploy PATH` is about to send. */
export interface DeployPlan {
  readonly name: string;
  readonly folder: string;
  readonly entry: string;
  readonly files: readonly PlannedFile[];
  readonly manifest: ManifestJson | undefined;
  /** What whoever deploys may have meant otherwise. */
  readonly hint?: string;
}
