import { parseManifest } from "@slipway/contract";
import type { Page, PageQuery } from "../kernel/page.ts";
import { requireVerified, type Registry } from "../registry/index.ts";
import { requirePlacement, type LoadSettings, type Placed } from "../serving/index.ts";
import type { AliasMoves } from "./alias-moves.ts";
import type { Authorship, ChangeResult, Changes, Planned } from "./changes.ts";
import {
  diffJson,
  emptySpec,
  toLoadSettings,
  type Action,
  type Endpoint,
  type EndpointRevision,
  type EndpointSpec,
  type Target,
  undivided,
} from "./endpoint.ts";
import { toGated, type Gatekeeper } from "./gatekeeper.ts";
import type { GatedVersion } from "./gates.ts";
import { findLastTarget } from "./last-target.ts";
import { createRemovals, type Removals } from "./removals.ts";
import { planRollback } from "./plan-rollback.ts";
import { toAlias, toSpec } from "./to-spec.ts";
import { createTrafficUseCases, type TrafficUseCases } from "./set-traffic.ts";
import { toSettled } from "./settled-traffic.ts";
import type { SharedRouting } from "./shared-routing.ts";
import type { EndpointStore } from "./store.ts";

export interface ServeTarget extends Omit<Target, "follows"> {
  readonly manifest: unknown;
  readonly action: Action;
  readonly allowBreaking: boolean;
  readonly follows?: string | null;
}

export interface EndpointUseCases extends Removals, TrafficUseCases, Pick<AliasMoves, "moveAlias" | "findBehind"> {
  list(query: PageQuery): Promise<Page<Endpoint>>;
  /** @throws SlipwayError `endpoint_not_found` */
  require(name: string): Promise<Endpoint>;
  listRevisions(name: string, query: PageQuery): Promise<Page<EndpointRevision>>;
  /**
   * Sends an endpoint's traffic to a version, made if need be, with the mutable half of a manifest. `follows`: the alias that goes
   * on choosing it, where the manifest names none; left out: as before.
   * @throws SlipwayError `breaking_change`, `training_too_old`, `precondition_failed`
   */
  serve(name: string, target: ServeTarget, by: Authorship): Promise<ChangeResult>;
  /**
   * How `serve` would load a version; `name` null: no endpoint takes it yet.
   * @throws SlipwayError `too_slow`, `precondition_failed` where it cannot run there
   */
  planLoad(name: string | null, planned: { version: GatedVersion & Placed; manifest: unknown }): Promise<LoadSettings>;
  /** Whether `serve` would let this version pass, before it is registered. @throws as `serve` does */
  checkServe(name: string, target: { version: GatedVersion; manifest: unknown; allowBreaking: boolean }): Promise<void>;
  /** Points the alias that the endpoint follows, else champion, at the version and sends it all traffic. */
  promote(name: string, version: number, by: Authorship & { readonly allowBreaking: boolean }): Promise<ChangeResult>;
  /** Goes back to the state of an earlier revision, all traffic at its target; by default to the last settled one: see `planRollback`. */
  rollback(name: string, to: number | null, by: Authorship): Promise<ChangeResult>;
  undeploy(name: string, by: Authorship): Promise<ChangeResult>;
  /** The endpoint, made where there is none: without a target, it answers nothing and has predictions of elsewhere. */
  ensure(name: string, by: Authorship): Promise<Endpoint>;
  /** Brings the mutable half to what the manifest says; nothing is written where nothing differs. */
  apply(name: string, manifest: unknown, options: Authorship & { dryRun: boolean }): Promise<ChangeResult>;
  /** Brings the routes of this process to what SQL says, where the epoch is newer. */
  sync(): Promise<void>;
}

export interface EndpointDeps {
  readonly store: EndpointStore;
  readonly routing: SharedRouting;
  readonly registry: Registry;
  readonly changes: Changes;
  readonly gatekeeper: Gatekeeper;
  readonly aliases: AliasMoves;
}

export function createEndpointUseCases(deps: EndpointDeps): EndpointUseCases {
  const { store, changes, aliases } = deps;
  const { change, require } = changes;

  const serve: EndpointUseCases["serve"] = async (name, { model, version, action, allowBreaking, ...how }, by) => {
    const { manifest } = how;
    const parsed = manifest === null || manifest === undefined ? null : parseManifest(manifest);
    const plan = async (before: Endpoint | null): Promise<Planned> => {
      const spec = toSpec(before?.spec ?? emptySpec, parsed);
      const gated = toGated(requireVerified(await deps.registry.requireVersion(model, version)));
      await deps.gatekeeper.check({ before, spec, version: gated, allowBreaking });
      const present = how.follows === undefined ? (before?.spec.target?.follows ?? null) : how.follows;
      const follows = parsed?.serve?.follow === undefined ? present : toAlias(parsed);
      return { spec: { ...spec, target: { model, version, follows }, traffic: toSettled(spec.traffic) } };
    };
    const result = await change({ name, plan, action, ...by });
    await aliases.follow(result.endpoint.spec, by);
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
    async planLoad(name, { version, manifest }) {
      const parsed = manifest === null || manifest === undefined ? null : parseManifest(manifest);
      const before = name === null ? null : await store.find(name);
      const settings = toLoadSettings(toSpec(before?.spec ?? emptySpec, parsed).serve);
      requirePlacement(version.what, version, settings);
      return settings;
    },
    async checkServe(name, { version, manifest, allowBreaking }) {
      const parsed = manifest === null || manifest === undefined ? null : parseManifest(manifest);
      const before = await store.find(name);
      await deps.gatekeeper.check({ before, spec: toSpec(before?.spec ?? emptySpec, parsed), version, allowBreaking });
    },
    async promote(name, version, { allowBreaking, ...by }) {
      const endpoint = await require(name);
      const model = endpoint.spec.target?.model ?? (await findLastTarget(store, name))?.model ?? name;
      await deps.registry.requireVersion(model, version);
      return serve(name, { model, version, manifest: null, action: "promote", allowBreaking }, by);
    },
    async rollback(name, to, by) {
      const before = await require(name);
      const plan = (now: Endpoint | null) => planRollback(store, now ?? before, to);
      const result = await change({ name, plan, action: "rollback", ...by });
      await aliases.follow(result.endpoint.spec, by);
      return result;
    },
    async undeploy(name, by) {
      const { spec } = await require(name);
      const plan = async (now: Endpoint | null) => ({
        spec: { ...(now?.spec ?? spec), target: null, traffic: undivided, stop: null },
      });
      return change({ name, plan, action: "undeploy", ...by });
    },
    async apply(name, manifest, { dryRun, ...by }) {
      const parsed = parseManifest(manifest);
      const before = await require(name);
      const plan = async (now: Endpoint | null) => {
        const spec = toSpec((now ?? before).spec, parsed);
        if (spec.target) await requireFit(deps.registry, spec.target, spec);
        return { spec };
      };
      if (!dryRun) return change({ name, plan, action: "apply", ...by });
      return { endpoint: before, changes: diffJson(before.spec, (await plan(before)).spec) };
    },
    moveAlias: aliases.moveAlias,
    findBehind: aliases.findBehind,
    sync: createSync(deps),
    ensure: createEnsure(changes),
    ...createRemovals(deps),
    ...createTrafficUseCases(deps),
  };
}

function createSync({ store, routing, changes }: EndpointDeps): EndpointUseCases["sync"] {
  return () =>
    changes.exclusively(async () => {
      const epoch = await store.epoch();
      if (epoch > routing.snapshot().epoch) await routing.sync(await store.all(), epoch);
    });
}

function createEnsure({ change }: Changes): EndpointUseCases["ensure"] {
  const plan = async (now: Endpoint | null) => ({ spec: now?.spec ?? emptySpec });
  return async (name, by) => (await change({ name, plan, action: "import", ...by })).endpoint;
}

/** @throws SlipwayError `too_slow`, `precondition_failed` */
async function requireFit(registry: Registry, { model, version }: Target, { serve }: EndpointSpec): Promise<void> {
  requirePlacement(`${model}@${version}`, await registry.requireVersion(model, version), toLoadSettings(serve));
}
