import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { Turns } from "../kernel/turns.ts";
import { diffJson, emptySpec, type Action, type Change, type Endpoint, type EndpointSpec } from "./endpoint.ts";
import { createPendingChanges, type PendingChange, type PendingChanges } from "./pending-changes.ts";
import type { Prepared } from "./prepared.ts";
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
  /** Aborted, it is not written unless it is just being written; what it loads is given back. */
  readonly signal?: AbortSignal | undefined;
  /** Told the state at the moment of the change; null: there is no such endpoint yet. Asked again where others have changed it meanwhile. */
  plan(before: Endpoint | null): Promise<Planned>;
}

export interface Changes {
  /** While nothing is written and no traffic moves. It is to be short: every change waits for it. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** In the turn of those changes of one endpoint that load something. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Loads what the planned state needs, writes the revision, moves the traffic. Nothing is written where nothing differs. What has to
   * load nothing waits for nobody's load; a change that takes away (a rollback, a stop, an undeploy) ends those that were asked for
   * before and still load, also where nothing of them is there to be taken away. @throws SlipwayError `conflict` for one that was
   * ended so, or is not wanted any more
   */
  change(planned: PlannedChange): Promise<ChangeResult>;
  /** Tries again to load arms that did not. @throws whatever loading throws */
  mendArms(): Promise<void>;
  /** States that endpoints are about to have, for which versions are being loaded. */
  pending(): readonly { readonly name: string; readonly spec: EndpointSpec }[];
  /** @throws SlipwayError `endpoint_not_found` */
  require(name: string): Promise<Endpoint>;
}

export interface ChangesDeps {
  readonly store: EndpointStore;
  readonly routing: SharedRouting;
  readonly clock: Clock;
}

/** An arm that does not load is not tried again sooner: its load takes what the others need. */
const mendEveryMs = 60_000;

export function createChanges(deps: ChangesDeps): Changes {
  const { store, routing } = deps;
  const writing = new Turns();
  const loading = new Turns();
  const pending = createPendingChanges();
  const write = createWrite(deps, pending);
  const mend = createMend(deps, writing);

  /** Null: it has to load something. */
  async function changeAtOnce(how: PlannedChange, own: PendingChange): Promise<ChangeResult | null> {
    own.check();
    const before = await store.find(how.name);
    const planned = await how.plan(before);
    const changes = toChanges(before, planned);
    if (before && changes.length === 0 && how.action !== "rollback") {
      pending.endEarlier(own, before, before);
      // A rollout asks whether its traffic is as it wants it, and waits for nothing to be mended.
      return how.action !== "rollout" && mend.isNeeded(before) ? null : { endpoint: before, changes };
    }
    const prepared = routing.prepareHeld(how.name, planned.spec);
    if (prepared === null) return null;
    const result = await write({ how, before, planned, changes, prepared, own });
    if (planned.spec.stop === "fallback" && prepared.fallback === null) loadFallback(result.endpoint);
    return result;
  }

  /** It is stopped already; what answers in its place comes when it is loaded. What keeps it from that is in the log. */
  function loadFallback(endpoint: Endpoint): void {
    const load = async () => {
      const now = await store.find(endpoint.name);
      if (now?.revision === endpoint.revision) await routing.refresh(endpoint, await store.epoch());
    };
    void loading.take(endpoint.name, load).catch(() => {});
  }

  async function changeByLoading(how: PlannedChange, own: PendingChange): Promise<ChangeResult> {
    for (;;) {
      own.check();
      const before = await store.find(how.name);
      const planned = await how.plan(before);
      const changes = toChanges(before, planned);
      if (before && changes.length === 0 && how.action !== "rollback") {
        await mend.mend(before);
        return { endpoint: before, changes };
      }
      own.spec = planned.spec;
      const prepared = await own.unlessEnded(routing.prepare(planned.spec), routing.discard);
      const result = await writing.take("", () => finish({ how, before, planned, changes, prepared, own }));
      if (result) return result;
    }
  }

  /** Null: others have changed the endpoint meanwhile, and now it needs something else. */
  async function finish(ready: Ready): Promise<ChangeResult | null> {
    const now = await planAgain(store, ready).catch((error: unknown) => {
      routing.discard(ready.prepared);
      throw error;
    });
    if (now === ready) return write(ready);
    if (toNeeds(now.planned.spec) === toNeeds(ready.planned.spec))
      return write({ ...now, prepared: routing.adapt(ready.prepared, now.planned.spec) });
    routing.discard(ready.prepared);
    return null;
  }

  return {
    exclusively: (work) => writing.take("", work),
    inTurn: (name, work) => loading.take(name, work),
    pending: pending.list,
    async mendArms() {
      for (const { endpoint: name, missing } of routing.snapshot().routes.values()) {
        const endpoint = missing.length === 0 ? null : await store.find(name);
        if (endpoint && mend.isNeeded(endpoint)) await loading.take(name, () => mend.mend(endpoint));
      }
    },
    async change(how) {
      const own = pending.add(how.name, how.action, how.signal);
      try {
        const done = await writing.take("", () => changeAtOnce(how, own));
        return done ?? (await own.unlessEnded(loading.take(how.name, () => changeByLoading(how, own))));
      } finally {
        pending.remove(own);
      }
    },
    require: createRequire(store),
  };
}

/** A planned state whose versions are in memory. */
interface Ready {
  readonly how: PlannedChange;
  readonly before: Endpoint | null;
  readonly planned: Planned;
  readonly changes: readonly Change[];
  readonly prepared: Prepared;
  readonly own: PendingChange;
}

/** What was planned, or what comes of it after what others have done meanwhile. */
async function planAgain(store: EndpointStore, ready: Ready): Promise<Ready> {
  const { how, own, before } = ready;
  own.check();
  const now = await store.find(how.name);
  if ((now?.revision ?? 0) === (before?.revision ?? 0)) return ready;
  const planned = await how.plan(now);
  return { ...ready, before: now, planned, changes: toChanges(now, planned) };
}

function toChanges(before: Endpoint | null, { spec }: Planned): Change[] {
  return diffJson(before?.spec ?? emptySpec, spec);
}

/** What decides which versions a state has in memory, and how. */
function toNeeds({ target, serve, traffic, stop }: EndpointSpec): string {
  const arms = traffic.arms.map(({ version }) => version);
  return JSON.stringify([target?.model, target?.version, serve, [...new Set(arms)].toSorted((a, b) => a - b), stop]);
}

function createWrite({ store, routing, clock }: ChangesDeps, pending: PendingChanges) {
  return async ({ how, before, planned, changes, prepared, own }: Ready): Promise<ChangeResult> => {
    const { name, action, author, message } = how;
    const [base, now] = [before?.revision ?? 0, clock.now()];
    const revision = base + 1;
    const { spec } = planned;
    const endpoint = { name, revision, spec, createdAt: before?.createdAt ?? now, updatedAt: now };
    const restores = planned.restores ?? revision;
    const written = { endpoint: name, revision, action, spec, changes, restores, author, message };
    const epoch = await store.append(base, { ...written, createdAt: now }).catch((error: unknown) => {
      routing.discard(prepared);
      throw error;
    });
    pending.endEarlier(own, endpoint, before);
    await routing.commit(endpoint, prepared, epoch);
    return { endpoint, changes };
  };
}

/** What should serve and does not, since it did not load, is tried again: what was in its way may be gone. */
function createMend({ store, routing, clock }: ChangesDeps, writing: Turns) {
  const tried = new Map<string, number>();
  function isNeeded({ name, spec }: Endpoint): boolean {
    const route = routing.snapshot().routes.get(name);
    if (!spec.target || !route || spec.stop !== null) return false;
    if (!route.loaded) return true;
    return route.missing.length > 0 && clock.monotonic() - (tried.get(name) ?? -mendEveryMs) >= mendEveryMs;
  }
  return {
    isNeeded,
    async mend(endpoint: Endpoint): Promise<void> {
      if (!isNeeded(endpoint)) return;
      tried.set(endpoint.name, clock.monotonic());
      const prepared = await routing.prepare(endpoint.spec);
      await writing.take("", async () => {
        const now = await store.find(endpoint.name);
        if (now?.revision === endpoint.revision) await routing.commit(endpoint, prepared, await store.epoch());
        else routing.discard(prepared);
      });
    },
  };
}

function createRequire(store: EndpointStore): Changes["require"] {
  return async (name) => {
    const endpoint = await store.find(name);
    if (endpoint) return endpoint;
    const { items } = await store.list({ limit: 20, cursor: null });
    const known = items.map((item) => item.name);
    throw new SlipwayError(
      "endpoint_not_found",
      `There is no endpoint ${JSON.stringify(name)}${known.length === 0 ? "; deploy a model first." : `; there are: ${known.join(", ")}.`}`,
      { endpoint: name },
    );
  };
}
