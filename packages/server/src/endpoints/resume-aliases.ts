import type { Logger } from "../kernel/logger.ts";
import type { Operation, Operations } from "../platform/queue/index.ts";
import { championAlias, type Alias, type Registry } from "../registry/index.ts";
import type { AliasMoves } from "./alias-moves.ts";
import type { Action, Endpoint } from "./endpoint.ts";
import type { EndpointStore } from "./store.ts";

export interface ResumeAliasesDeps {
  readonly store: Pick<EndpointStore, "all" | "listRevisions">;
  readonly registry: Pick<Registry, "listAliases">;
  readonly operations: Pick<Operations, "list">;
  readonly aliases: Pick<AliasMoves, "moveAlias" | "follow">;
  readonly logger: Logger;
}

/** Operations that are looked through, newest first. */
const looked = 500;

/**
 * At a start: an alias was moved, which is answered at once, and the process ended before the traffic was; or the traffic was moved, and the process ended
 * before the alias followed it. What was looked at and refused stays as it is.
 */
export async function resumeAliases({ aliases, logger, ...deps }: ResumeAliasesDeps): Promise<void> {
  for (const { name, spec } of await listUnfollowed(deps)) {
    const by = { author: null, message: `the server ended before the alias had followed ${name}` };
    await aliases
      .follow(spec, by)
      .catch((error: unknown) => logger.warn({ error, endpoint: name }, "an alias could not follow its endpoint"));
  }
  for (const { model, alias, version, author } of await listUndone(deps)) {
    const by = { author, message: "the server ended before the traffic had moved" };
    await aliases
      .moveAlias({ model, alias, version }, by)
      .catch((error: unknown) => logger.warn({ error, model, alias, version }, "an alias could not be followed"));
  }
}

const moving: ReadonlySet<Action> = new Set(["deploy", "promote", "rollback", "rollout"]);

/** Endpoints that were sent to a version after their alias had been moved last, and whose alias means another. */
async function listUnfollowed({ store, registry }: Pick<ResumeAliasesDeps, "store" | "registry">): Promise<Endpoint[]> {
  const found: Endpoint[] = [];
  for (const endpoint of await store.all()) {
    const { target } = endpoint.spec;
    if (!target) continue;
    const all = await registry.listAliases(target.model).catch(() => []);
    const meant = all.find(({ alias }) => alias === (target.follows ?? championAlias));
    if (!meant || meant.version === target.version) continue;
    const { items } = await store.listRevisions(endpoint.name, { limit: looked, cursor: null });
    const moved = items.find(({ changes }) =>
      changes.some(({ path }) => path === "target" || path === "target.version"),
    );
    if (moved && moving.has(moved.action) && moved.createdAt > meant.updatedAt) found.push(endpoint);
  }
  return found;
}

async function listUndone({ store, registry, operations }: Omit<ResumeAliasesDeps, "aliases" | "logger">) {
  const behind = new Map<string, { readonly meant: Alias; readonly endpoints: string[] }>();
  for (const { name, spec } of await store.all()) {
    const { target } = spec;
    if (!target || target.follows === null) continue;
    const all = await registry.listAliases(target.model).catch(() => []);
    const meant = all.find(({ alias }) => alias === target.follows);
    if (!meant || meant.version === target.version) continue;
    const key = `${meant.model}@${meant.alias}`;
    behind.set(key, { meant, endpoints: [...(behind.get(key)?.endpoints ?? []), name] });
  }
  if (behind.size === 0) return [];
  const tried = (await operations.list({ limit: looked, cursor: null })).items.filter(({ kind }) => kind === "alias");
  return [...behind.values()].filter((each) => !wasRefused(each, tried)).map(({ meant }) => meant);
}

function wasRefused(
  { meant, endpoints }: { readonly meant: Alias; readonly endpoints: readonly string[] },
  tried: readonly Operation[],
): boolean {
  const last = tried.find(({ subject, createdAt }) => endpoints.includes(subject) && createdAt >= meant.updatedAt);
  return last !== undefined && last.error?.code !== "interrupted";
}
