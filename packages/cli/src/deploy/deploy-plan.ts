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
  /** What `rollout.gates` names: it goes beside the version. */
  readonly gateFiles?: readonly PlannedFile[];
  /** What whoever deploys may have meant otherwise. */
  readonly hint?: string;
}

/** What `slipway deploy models:/…` or `runs:/…` is about: the server has the files. */
export interface SourcePlan {
  readonly source: string;
  /** Undefined: as it was logged, or as its model is called. */
  readonly name: string | undefined;
  readonly hint?: string;
}

/** Whether an argument names what the server has, and no path. */
export function isSource(argument: string): boolean {
  return /^(?:models|runs):/i.test(argument);
}
