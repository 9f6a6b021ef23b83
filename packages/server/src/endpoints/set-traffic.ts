import { SlipwayError } from "@slipway/contract";
import { requireVerified, type Registry } from "../registry/index.ts";
import type { AliasMoves } from "./alias-moves.ts";
import type { Authorship, ChangeResult, Changes, Planned } from "./changes.ts";
import {
  undivided,
  type Endpoint,
  type EndpointSettings,
  type EndpointSpec,
  type TrafficSettings,
} from "./endpoint.ts";
import { toGated, type Gatekeeper } from "./gatekeeper.ts";
import { planTraffic, type WantedTraffic } from "./plan-traffic.ts";
import { requireTraffic } from "./require-traffic.ts";
import { keepFields, toSettled } from "./settled-traffic.ts";
import type { EndpointStore } from "./store.ts";
import { toSpec } from "./to-spec.ts";

export interface TrafficOrder {
  readonly traffic: TrafficSettings;
  /** The version that becomes the target; left out: as it is. */
  readonly target?: {
    readonly version: number;
    /** Of the endpoint from then on, in the same revision. */
    readonly settings?: EndpointSettings | null;
    /** The settings are what they were before a rollout moved the target away from this version. */
    readonly isBack?: boolean;
  };
  readonly action: "traffic" | "rollout" | "stop";
  /** `traffic` only: also where a signature breaks those who call now. */
  readonly allowBreaking?: boolean;
  /** The revision that was looked at: others may not have moved target or traffic since. Left out: since now. */
  readonly base?: number;
  /** Aborted, it is wanted no longer: it is not put in force, unless it is just being written. */
  readonly signal?: AbortSignal;
}

export interface TrafficUseCases {
  /**
   * Divides an endpoint's traffic, all arms loaded before any of it moves; idempotent. A target that is given becomes what serves, and the alias that the
   * endpoint follows, else champion, points at it.
   * @throws SlipwayError `endpoint_not_found`, `invalid_request`, `version_not_found`, `breaking_change`, `conflict`, `precondition_failed`, and what loading throws
   */
  setTraffic(name: string, order: TrafficOrder, by: Authorship): Promise<ChangeResult>;
  /** The same by versions and shares, for people. */
  divideTraffic(
    name: string,
    wanted: WantedTraffic,
    by: Authorship & { readonly allowBreaking: boolean },
  ): Promise<ChangeResult>;
  /** All traffic to the target, no shadows. */
  undivideTraffic(name: string, by: Authorship): Promise<ChangeResult>;
  /** The kill switch, at once: no version is asked any more. The traffic is undivided afterwards. @throws SlipwayError `precondition_failed` without a fallback */
  stopServing(name: string, how: "fallback" | "refuse", by: Authorship): Promise<ChangeResult>;
  /** Takes the kill switch back. */
  startServing(name: string, by: Authorship): Promise<ChangeResult>;
}

export interface TrafficDeps {
  readonly registry: Registry;
  readonly changes: Changes;
  readonly gatekeeper: Gatekeeper;
  readonly aliases: Pick<AliasMoves, "follow">;
  readonly store: Pick<EndpointStore, "findRevision" | "listRevisions">;
}

export function createTrafficUseCases({ registry, changes, gatekeeper, aliases, store }: TrafficDeps): TrafficUseCases {
  async function requireVersions({ spec }: Endpoint, { traffic, target }: TrafficOrder): Promise<void> {
    const { model } = spec.target!;
    const numbers = [...traffic.arms, ...traffic.shadows, ...(target ? [target] : [])].map(({ version }) => version);
    for (const number of new Set(numbers)) requireVerified(await registry.requireVersion(model, number));
  }

  /** What a person sends traffic to is held against what serves; a rollout has gates of its own. */
  async function checkArms(before: Endpoint, { traffic, action, allowBreaking = false }: TrafficOrder): Promise<void> {
    if (action !== "traffic") return;
    const { spec } = before;
    for (const { version: number } of traffic.arms) {
      const version = toGated(requireVerified(await registry.requireVersion(spec.target!.model, number)));
      await gatekeeper.check({ before, spec, version, allowBreaking });
    }
  }

  async function plan(seen: Endpoint, order: TrafficOrder, now: Endpoint): Promise<Planned> {
    if (now.revision !== seen.revision) requireUnmoved(seen, now);
    const { target } = now.spec;
    if (!target) throw new SlipwayError("precondition_failed", `${now.name} serves nothing; deploy a version first.`);
    requireTraffic(order.traffic);
    await requireVersions(now, order);
    await checkArms(now, order);
    const spec = { ...now.spec, traffic: keepFields(now.spec.traffic, order.traffic) };
    if (!order.target) return { spec };
    const { version, settings = null, isBack = false } = order.target;
    const moved = toSpec({ ...spec, target: { ...target, version } }, settings);
    return { spec: isBack ? { ...moved, ...(await findSettingsBefore(store, now, version)) } : moved };
  }

  return {
    async setTraffic(name, order, by) {
      const seen = await changes.require(name);
      if (order.base !== undefined && order.base !== seen.revision) throw moved(name, seen.revision);
      const { action, signal } = order;
      const result = await changes.change({
        name,
        action,
        signal,
        plan: (now) => plan(seen, order, now ?? seen),
        ...by,
      });
      const isMoved = order.target !== undefined && result.changes.length > 0;
      if (isMoved) await aliases.follow(result.endpoint.spec, by);
      return result;
    },
    async divideTraffic(name, wanted, { allowBreaking, ...by }) {
      const seen = await changes.require(name);
      const toPlan = (now: Endpoint) =>
        plan(seen, { traffic: planTraffic(now, wanted), action: "traffic", allowBreaking }, now);
      return changes.change({ name, action: "traffic", plan: (now) => toPlan(now ?? seen), ...by });
    },
    async undivideTraffic(name, by) {
      const seen = await changes.require(name);
      const toPlan = async (now: Endpoint | null): Promise<Planned> => ({
        spec: { ...(now ?? seen).spec, traffic: undivided },
      });
      return changes.change({ name, action: "traffic", plan: toPlan, ...by });
    },
    async stopServing(name, how, by) {
      const seen = await changes.require(name);
      if (how === "fallback" && seen.spec.serve.fallback === null)
        throw new SlipwayError(
          "precondition_failed",
          `${name} has no fallback that could answer. Give it one (serve.fallback), or stop it without --fallback: it then refuses.`,
          { endpoint: name },
        );
      const toStopped = async (now: Endpoint | null): Promise<Planned> => ({
        spec: { ...(now ?? seen).spec, traffic: toSettled((now ?? seen).spec.traffic), stop: how },
      });
      return changes.change({ name, action: "stop", plan: toStopped, ...by });
    },
    async startServing(name, by) {
      const seen = await changes.require(name);
      const toStarted = async (now: Endpoint | null): Promise<Planned> => ({
        spec: { ...(now ?? seen).spec, stop: null },
      });
      return changes.change({ name, action: "stop", plan: toStarted, ...by });
    },
  };
}

/** A promotion is a handful of revisions ago at most. */
const mostBack = 100;

/** What a promotion by a rollout has changed besides the traffic; nothing where there was none. */
async function findSettingsBefore(
  store: TrafficDeps["store"],
  { name, spec }: Endpoint,
  version: number,
): Promise<Partial<EndpointSpec>> {
  const { items } = await store.listRevisions(name, { limit: mostBack, cursor: null });
  const at = items.findIndex(
    (each) => each.action === "rollout" && each.changes.some(({ path }) => path === "target.version"),
  );
  const [promotion, before] = [items[at], items[at + 1]];
  if (promotion?.spec.target?.version !== spec.target?.version || before?.spec.target?.version !== version) return {};
  const { target, serve, log, labels, monitor, rollout, owner } = before.spec;
  return { target, serve, log, labels, monitor, rollout, owner };
}

/** @throws SlipwayError `conflict` */
function requireUnmoved(seen: Endpoint, now: Endpoint): void {
  const pick = ({ spec: { target, traffic } }: Endpoint) => JSON.stringify([target, traffic]);
  if (pick(seen) !== pick(now)) throw moved(now.name, now.revision);
}

function moved(name: string, revision: number): SlipwayError {
  return new SlipwayError(
    "conflict",
    `The traffic of ${name} was moved meanwhile (revision ${revision}); look at it and try again.`,
    { revision },
  );
}
