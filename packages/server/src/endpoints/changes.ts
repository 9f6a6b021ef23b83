import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { diffJson, emptySpec, type Action, type Change, type Endpoint, type EndpointSpec } from "./endpoint.ts";
import type { SharedRouting } from "./shared-routing.ts";
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

/** The state that an endpoint is to have. `restores`: the revision that a rollback went back to. */
export interface Planned {
  readonly spec: EndpointSpec;
  readonly restores?: number;
}

export interface PlannedChange extends Authorship {
  readonly name: string;
  readonly action: Action;
  /** Told the state at the moment of the change; null: there is no such endpoint yet. */
  plan(before: Endpoint | null): Promise<Planned>;
}

export interface Changes {
  /** Changes of this process go one after the other, so that a load never starts from a state that is being replaced. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Loads what the planned state needs, writes the revision, moves the traffic. Nothing is written where nothing differs. */
  change(planned: PlannedChange): Promise<ChangeResult>;
  /** @throws SlipwayError `endpoint_not_found` */
  require(name: string): Promise<Endpoint>;
}

export interface ChangesDeps {
  readonly store: EndpointStore;
  readonly routing: SharedRouting;
  readonly clock: Clock;
}

export function createChanges({ store, routing, clock }: ChangesDeps): Changes {
  let turn: Promise<unknown> = Promise.resolve();

  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work, work);
    turn = result.catch(() => {});
    return result;
  }

  /** What should serve and does not, since it did not load, is tried again: what was in its way may be gone. */
  async function mend(endpoint: Endpoint): Promise<Endpoint> {
    const route = routing.snapshot().routes.get(endpoint.name);
    if (endpoint.spec.target && route?.loaded === null)
      await routing.commit(endpoint, await routing.prepare(endpoint.spec), await store.epoch());
    return endpoint;
  }

  async function write(before: Endpoint | null, planned: Planned, how: PlannedChange): Promise<ChangeResult> {
    const changes = diffJson(before?.spec ?? emptySpec, planned.spec);
    if (before && changes.length === 0 && how.action !== "rollback") return { endpoint: await mend(before), changes };
    const prepared = await routing.prepare(planned.spec);
    const { name, action, author, message } = how;
    const [base, now] = [before?.revision ?? 0, clock.now()];
    const revision = base + 1;
    const endpoint = { name, revision, spec: planned.spec, createdAt: before?.createdAt ?? now, updatedAt: now };
    const restores = planned.restores ?? revision;
    const written = { endpoint: name, revision, action, spec: planned.spec, changes, restores, author, message };
    const epoch = await store.append(base, { ...written, createdAt: now }).catch((error: unknown) => {
      routing.discard(prepared);
      throw error;
    });
    await routing.commit(endpoint, prepared, epoch);
    return { endpoint, changes };
  }

  return {
    exclusively,
    change: (how) =>
      exclusively(async () => {
        const before = await store.find(how.name);
        return write(before, await how.plan(before), how);
      }),
    async require(name) {
      const endpoint = await store.find(name);
      if (endpoint) return endpoint;
      const { items } = await store.list({ limit: 20, cursor: null });
      const known = items.map((item) => item.name);
      throw new SlipwayError(
        "endpoint_not_found",
        `There is no endpoint ${JSON.stringify(name)}${known.length === 0 ? "; deploy a model first." : `; there are: ${known.join(", ")}.`}`,
        { endpoint: name },
      );
    },
  };
}
