import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { listBuilt, nameOf, toListed, type BuiltEnvironment } from "./built-environments.ts";
import { createEnsure, type EnsureOptions } from "./ensure.ts";
import type { Environment, ListedEnvironment, Overlay, Pruned, Verified, Watch } from "./environment.ts";
import { createHolds } from "./holds.ts";
import type { IndexSettings } from "./index-settings.ts";
import { inspectEnvironment } from "./inspect-environment.ts";
import { createInterpreters } from "./interpreters.ts";
import { layoutOf } from "./layout.ts";
import type { Lock } from "./lock.ts";
import { lockOverlay } from "./overlay.ts";
import { pruneEnvironments, type PruneOptions } from "./prune.ts";
import { parsePythonRange } from "./python-range.ts";
import { createRequirePython } from "./require-python.ts";
import { resolveLock, type ResolveRequest } from "./resolve.ts";
import { createUv } from "./uv.ts";

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
  /** Path of an interpreter of this machine, for what needs the standard library alone. @throws SlipwayError `precondition_failed` */
  anyPython(watch?: Watch): Promise<string>;
  /** Newest first. */
  list(): Promise<readonly ListedEnvironment[]>;
  /** Compares each file with the package it came in. `hash` may be its beginning. @throws SlipwayError `not_found` */
  verify(hash: string, watch?: Watch): Promise<Verified>;
  /** Removes those whose hash is not among `keep`, that nobody has asked for since `olderThan`, and that no server uses. */
  prune(how: PruneOptions): Promise<Pruned>;
  /** Builds it anew in the same place. @throws SlipwayError `not_found`, `precondition_failed` */
  rebuild(hash: string, options?: Watch & { readonly offline?: boolean | undefined }): Promise<Environment>;
}

export interface EnvironmentsDeps {
  /** Holds everything: environments, their tools, the packages that were fetched. */
  readonly folder: string;
  readonly index: IndexSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createEnvironments({ folder, index, clock, logger }: EnvironmentsDeps): Environments {
  const layout = layoutOf(folder);
  const interpreters = createInterpreters({ fetched: layout.pythons });
  const uv = createUv({ layout, index, interpreters, clock });
  const pythons = createRequirePython({ interpreters, uv });
  const holds = createHolds(layout);
  const deps = { layout, uv, pythons, holds, clock, logger };
  const { ensure, make } = createEnsure(deps);

  async function listNamed(hash: string): Promise<readonly BuiltEnvironment[]> {
    return (await listBuilt(layout)).filter((each) => each.hash.startsWith(hash));
  }

  async function requireNamed(hash: string): Promise<readonly BuiltEnvironment[]> {
    const found = /^[0-9a-f]{4,64}$/.test(hash) ? await listNamed(hash) : [];
    if (new Set(found.map((each) => each.hash)).size === 1) return found;
    throw new SlipwayError(
      "not_found",
      found.length === 0
        ? `There is no environment ${JSON.stringify(hash)} here. \`slipway envs\` lists them.`
        : `${hash} is the beginning of several environments: write more of it.`,
      { hash },
    );
  }

  return {
    ensure,
    resolve: (request) => resolveLock(deps, request),
    async overlay(lock, extra, options = {}) {
      const base = await ensure(lock, options);
      const over = await lockOverlay(deps, { ...options, lock, base, extra });
      const { python } = await ensure(over, { ...options, folder: undefined });
      return { python, release: async () => {} };
    },
    async anyPython(watch = {}) {
      return (await pythons.require(parsePythonRange(null), watch)).path;
    },
    list: async () => (await listBuilt(layout)).map(toListed),
    async verify(hash, { onProgress, signal } = {}) {
      const found = await requireNamed(hash);
      const all = [];
      for (const each of found) {
        onProgress?.(`reading the files of ${each.hash.slice(0, 12)}`);
        all.push(await inspectEnvironment({ folder: each.folder, lock: each.lock }, signal));
      }
      const files = all.reduce((sum, each) => sum + each.files, 0);
      return { hash: found[0]!.hash, files, problems: all.flatMap(({ problems }) => problems) };
    },
    prune: (how) => pruneEnvironments(deps, how),
    async rebuild(hash, options = {}) {
      const { lock, name, interpreter: path } = (await requireNamed(hash))[0]!;
      const same = await interpreters.at(path);
      const interpreter =
        same !== null && nameOf(lock, same) === name
          ? same
          : await pythons.require(parsePythonRange(lock.python), options);
      return make({ ...options, lock, interpreter }, async () => null);
    },
  };
}
