import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Environment, ListedEnvironment, Overlay, Pruned, Verified, Watch } from "./environment.ts";
import type { Lock } from "./lock.ts";
import type { IndexSettings } from "./index-settings.ts";

export interface ResolveRequest extends Watch {
  /** As pip writes them: "scikit-learn==1.5.2", "./wheels/ours-1.0-py3-none-any.whl". */
  readonly requirements: readonly string[];
  /** Versions that hold where something needs the package. */
  readonly constraints?: readonly string[] | undefined;
  /** "3.11", "3.11.7" or ">=3.10,<3.13"; null: whatever suits. */
  readonly python: string | null;
  /** The model's folder, where requirements name wheels in it. */
  readonly folder?: string | undefined;
}

export interface EnsureOptions extends Watch {
  /** The folder of the version, for wheels among its files. */
  readonly folder?: string | undefined;
}

/** Python environments, shared by all versions with the same lock, and by all servers that use the same folder. */
export interface Environments {
  /**
   * Decides which versions of which packages there will be.
   * @throws SlipwayError `invalid_model` where the requirements contradict each other or name what is not there;
   * `precondition_failed` where there is no such Python or the index is out of reach
   */
  resolve(request: ResolveRequest): Promise<Lock>;
  /**
   * The environment of the lock, built where it is not there. At once where it is.
   * @throws SlipwayError `invalid_model`, `precondition_failed`
   */
  ensure(lock: Lock, options?: EnsureOptions): Promise<Environment>;
  /** More packages beside those of the lock, none of whose versions changes. @throws as `resolve` and `ensure` do */
  overlay(lock: Lock, extra: readonly string[], options?: EnsureOptions): Promise<Overlay>;
  /** Newest first. */
  list(): Promise<readonly ListedEnvironment[]>;
  /** Compares each file with the package it came in. `hash` may be its beginning. @throws SlipwayError `not_found` */
  verify(hash: string, watch?: Watch): Promise<Verified>;
  /** Removes those whose hash is not among `keep`, that nobody has asked for since `olderThan`, and that no server uses. */
  prune(how: PruneOptions): Promise<Pruned>;
  /** Builds it anew in the same place. @throws SlipwayError `not_found`, `precondition_failed` */
  rebuild(hash: string, options?: Watch & { readonly offline?: boolean | undefined }): Promise<Environment>;
}

export interface PruneOptions {
  /** Hashes of the locks of all living versions. */
  readonly keep: ReadonlySet<string>;
  /** Milliseconds since 1970. Left out: however lately. */
  readonly olderThan?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface EnvironmentsDeps {
  /** Holds everything: environments, their tools, the packages that were fetched. */
  readonly folder: string;
  readonly index: IndexSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createEnvironments(_deps: EnvironmentsDeps): Environments {
  const later = async (): Promise<never> => {
    throw new SlipwayError("unimplemented", "Python environments are not built yet.");
  };
  return {
    resolve: later,
    ensure: later,
    overlay: later,
    list: async () => [],
    verify: later,
    prune: later,
    rebuild: later,
  };
}
