import { SlipwayError, type EnvironmentPruneResult, type EnvironmentVerifyResult } from "@slipway/contract";
import type { Environments, ListedEnvironment } from "../environments/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Operation, Operations } from "../platform/queue/index.ts";
import type { Registry } from "../registry/index.ts";

export interface UsedEnvironment extends ListedEnvironment {
  /** Living versions, as NAME@VERSION. */
  readonly versions: readonly string[];
}

/** Looking after the Python environments, which versions share. */
export interface EnvironmentCare {
  /** Newest first. */
  list(): Promise<readonly UsedEnvironment[]>;
  /** Of one, by its hash or the beginning of it, or of all. @throws SlipwayError `not_found` */
  verify(hash: string | null): Promise<Operation>;
  prune(how: { readonly dryRun: boolean; readonly olderThanMs: number }): Promise<Operation>;
  /** @throws SlipwayError `not_found` */
  rebuild(hash: string, how: { readonly offline: boolean }): Promise<Operation>;
}

export interface EnvironmentCareDeps {
  readonly environments: Environments;
  readonly registry: Registry;
  readonly operations: Operations;
  readonly clock: Clock;
}

const subject = "environments";

export function createEnvironmentCare({
  environments,
  registry,
  operations,
  clock,
}: EnvironmentCareDeps): EnvironmentCare {
  async function list(): Promise<readonly UsedEnvironment[]> {
    const locks = await registry.listLocks();
    return (await environments.list()).map((each) => ({ ...each, versions: locks.get(each.hash) ?? [] }));
  }

  async function requireHashes(given: string | null): Promise<readonly string[]> {
    const all = [...new Set((await environments.list()).map(({ hash }) => hash))];
    if (given === null) return all;
    const found = all.filter((hash) => hash.startsWith(given));
    if (found.length === 1) return found;
    const reason =
      found.length > 1
        ? `${given} is the beginning of several environments: write more of it.`
        : `There is no environment ${JSON.stringify(given)} here. \`slipway envs\` lists them.`;
    throw new SlipwayError("not_found", reason, { hash: given });
  }

  return {
    list,
    async verify(given) {
      const hashes = await requireHashes(given);
      return operations.start("verify-environments", subject, async ({ progress, signal }) => {
        const found = [];
        for (const hash of hashes) {
          progress("verify", `reading the files of ${hash.slice(0, 12)}`, found.length / hashes.length);
          found.push(await environments.verify(hash, { signal }));
        }
        return {
          environments: found.map((each) => ({ ...each, problems: [...each.problems] })),
        } satisfies EnvironmentVerifyResult;
      });
    },
    prune: ({ dryRun, olderThanMs }) =>
      operations.start("prune-environments", subject, async ({ progress }) => {
        progress("prune", "looking for environments that no version needs");
        const keep = new Set((await registry.listLocks()).keys());
        const pruned = await environments.prune({ keep, olderThan: clock.now() - olderThanMs, dryRun });
        const sized = (each: ListedEnvironment) => ({ hash: each.hash, size_bytes: each.sizeBytes });
        return {
          dry_run: dryRun,
          bytes: pruned.bytes,
          removed: pruned.removed.map(sized),
          kept: pruned.kept.map(sized),
        } satisfies EnvironmentPruneResult;
      }),
    async rebuild(given, { offline }) {
      const [hash = ""] = await requireHashes(given);
      return operations.start("rebuild-environment", subject, async ({ progress, signal }) => {
        const onProgress = (message: string) => progress("build", message);
        await environments.rebuild(hash, { offline, onProgress, signal });
        return { hash };
      });
    },
  };
}
