import { parseManifest, parseDuration, SlipwayError, type Address } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { Registry } from "../registry/index.ts";
import {
  diffJson,
  emptySpec,
  withManifest,
  type Action,
  type Change,
  type Endpoint,
  type EndpointRevision,
  type EndpointSpec,
} from "./endpoint.ts";
import type { Routing } from "./routing.ts";
import type { EndpointStore } from "./store.ts";

/** Who changes something and why. */
export interface Authorship {
  readonly author: string | null;
  readonly message: string | null;
}

export interface ChangeResult {
  readonly endpoint: Endpoint;
  readonly changes: readonly Change[];
}

interface Planned {
  readonly spec: EndpointSpec;
  readonly restores?: number;
}

export interface EndpointUseCases {
  list(query: PageQuery): Promise<Page<Endpoint>>;
  /** @throws SlipwayError `endpoint_not_found` */
  require(name: string): Promise<Endpoint>;
  listRevisions(name: string, query: PageQuery): Promise<Page<EndpointRevision>>;
  /** Sends an endpoint's traffic to a version, made if need be, with the mutable half of a manifest. */
  serve(
    name: string,
    target: { model: string; version: number; manifest: unknown; action: Action },
    by: Authorship,
  ): Promise<ChangeResult>;
  /** Makes the version champion of its model and sends it all traffic. */
  promote(name: string, version: number, by: Authorship): Promise<ChangeResult>;
  /** Goes back to the state of an earlier revision; by default the one before the present state. */
  rollback(name: string, to: number | null, by: Authorship): Promise<ChangeResult>;
  undeploy(name: string, by: Authorship): Promise<ChangeResult>;
  /** Brings the mutable half to what the manifest says; nothing is written where nothing differs. */
  apply(name: string, manifest: unknown, options: Authorship & { dryRun: boolean }): Promise<ChangeResult>;
  /** An alias of a model points elsewhere now: endpoints that follow it move, fallbacks are looked up anew. */
  aliasMoved(model: string, alias: string, version: number, by: Authorship): Promise<void>;
  /** Brings the routes of this process to what SQL says, where the epoch is newer. */
  sync(): Promise<void>;
  /** @throws SlipwayError `in_use` where an endpoint serves or follows it */
  checkUnused(address: Address): Promise<void>;
}

export interface EndpointDeps {
  readonly store: EndpointStore;
  readonly routing: Routing;
  readonly registry: Registry;
  readonly clock: Clock;
}

export function createEndpointUseCases(deps: EndpointDeps): EndpointUseCases {
  const { store, routing, registry, clock } = deps;
  let turn: Promise<unknown> = Promise.resolve();

  /** Changes of this process go one after the other, so that a load never starts from a state that is being replaced. */
  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work, work);
    turn = result.catch(() => {});
    return result;
  }

  async function require(name: string): Promise<Endpoint> {
    const endpoint = await store.find(name);
    if (endpoint) return endpoint;
    const { items } = await store.list({ limit: 20, cursor: null });
    const known = items.map((item) => item.name);
    throw new SlipwayError(
      "endpoint_not_found",
      `There is no endpoint ${JSON.stringify(name)}${known.length === 0 ? "; deploy a model first." : `; there are: ${known.join(", ")}.`}`,
      { endpoint: name },
    );
  }

  function change(
    name: string,
    plan: (before: Endpoint | null) => Promise<Planned>,
    how: { action: Action } & Authorship,
  ) {
    return exclusively(async (): Promise<ChangeResult> => {
      const before = await store.find(name);
      const planned = await plan(before);
      const changes = diffJson(before?.spec ?? emptySpec, planned.spec);
      if (before && changes.length === 0 && how.action !== "rollback") return { endpoint: before, changes };
      const prepared = await routing.prepare(planned.spec);
      const base = before?.revision ?? 0;
      const now = clock.now();
      try {
        const revision = base + 1;
        const epoch = await store.append(base, {
          endpoint: name,
          revision,
          action: how.action,
          spec: planned.spec,
          changes,
          restores: planned.restores ?? revision,
          author: how.author,
          message: how.message,
          createdAt: now,
        });
        routing.commit({ name, revision }, prepared, epoch);
        return {
          endpoint: { name, revision, spec: planned.spec, createdAt: before?.createdAt ?? now, updatedAt: now },
          changes,
        };
      } catch (error) {
        routing.discard(prepared);
        throw error;
      }
    });
  }

  async function planRollback(name: string, before: Endpoint, to: number | null): Promise<Planned> {
    const present = await store.findRevision(name, before.revision);
    const wanted = to ?? (present?.restores ?? before.revision) - 1;
    const revision = wanted < 1 ? null : await store.findRevision(name, wanted);
    if (!revision)
      throw new SlipwayError(
        "precondition_failed",
        to === null
          ? `${name} is at its first state; there is nothing to go back to.`
          : `${name} has no revision ${to}; "slipway history ${name}" lists them.`,
        { revision: before.revision },
      );
    return { spec: revision.spec, restores: revision.restores };
  }

  const championOf = async (spec: EndpointSpec, by: Authorship) => {
    if (spec.target) await registry.setAlias(spec.target.model, "champion", spec.target.version, by.author);
  };

  const serve: EndpointUseCases["serve"] = async (name, { model, version, manifest, action }, by) => {
    const parsed = manifest === null || manifest === undefined ? null : parseManifest(manifest);
    const plan = async (before: Endpoint | null) => ({
      spec: {
        ...withManifest(before?.spec ?? emptySpec, parsed, parseDuration),
        target: { model, version, follows: before?.spec.target?.follows ?? null },
      },
    });
    const result = await change(name, plan, { action, ...by });
    await championOf(result.endpoint.spec, by);
    return result;
  };

  return {
    list: (query) => store.list(query),
    require,
    async listRevisions(name, query) {
      await require(name);
      return store.listRevisions(name, query);
    },
    serve,
    async promote(name, version, by) {
      const { spec } = await require(name);
      const model = spec.target?.model ?? name;
      await registry.requireVersion(model, version);
      return serve(name, { model, version, manifest: null, action: "promote" }, by);
    },
    async rollback(name, to, by) {
      const before = await require(name);
      const result = await change(name, async (now) => planRollback(name, now ?? before, to), {
        action: "rollback",
        ...by,
      });
      await championOf(result.endpoint.spec, by);
      return result;
    },
    async undeploy(name, by) {
      await require(name);
      return change(name, async (before) => ({ spec: { ...before!.spec, target: null } }), {
        action: "undeploy",
        ...by,
      });
    },
    async apply(name, manifest, { dryRun, author, message }) {
      const parsed = parseManifest(manifest);
      const before = await require(name);
      const spec = withManifest(before.spec, parsed, parseDuration);
      if (dryRun) return { endpoint: before, changes: diffJson(before.spec, spec) };
      return change(name, async (now) => ({ spec: withManifest((now ?? before).spec, parsed, parseDuration) }), {
        action: "apply",
        author,
        message,
      });
    },
    async aliasMoved(model, alias, version, by) {
      for (const endpoint of await store.all()) {
        const { target, serve } = endpoint.spec;
        if (target?.model !== model) continue;
        if (target.follows === alias && target.version !== version) {
          const plan = async () => ({ spec: { ...endpoint.spec, target: { ...target, version } } });
          await change(endpoint.name, plan, { action: "alias", ...by });
        } else if (serve.fallback && "alias" in serve.fallback && serve.fallback.alias === alias) {
          await exclusively(async () => routing.refresh(await require(endpoint.name), await store.epoch()));
        }
      }
    },
    sync: () =>
      exclusively(async () => {
        const epoch = await store.epoch();
        if (epoch > routing.snapshot().epoch) await routing.sync(await store.all(), epoch);
      }),
    async checkUnused({ name, version, alias }) {
      for (const { name: user, spec } of await store.all()) {
        if (spec.target?.model !== name) continue;
        const uses =
          alias !== undefined
            ? spec.target.follows === alias
            : version === undefined || spec.target.version === version;
        if (uses)
          throw new SlipwayError(
            "in_use",
            `The endpoint ${user} uses ${name}@${alias ?? spec.target.version}; undeploy it first.`,
            {
              endpoint: user,
            },
          );
      }
    },
  };
}
