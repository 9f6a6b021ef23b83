import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { InstanceLog } from "../predictions/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { createInfer, type Infer } from "./infer.ts";
import type { Prepared } from "./prepared.ts";
import { createRouting, type Syncing } from "./routing.ts";
import type { ShadowState } from "./shadows/held-shadow.ts";
import { createShadows } from "./shadows/shadows.ts";
import type { RoutingSnapshot } from "./snapshot.ts";
import { createEndpointStore } from "./store.ts";

export interface FollowerDeps {
  /** Of this process. */
  readonly instance: string;
  /** Only read. */
  readonly sql: Sql;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly predictions: Pick<InstanceLog, "append" | "onRotate">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer: Tracer | null;
}

/** The endpoints in a process that answers and changes nothing: another one, which holds the data folder, tells it what to do. */
export interface Follower {
  readonly infer: Infer;
  snapshot(): RoutingSnapshot;
  /** What the shadows of an endpoint have done in this process. */
  listShadows(endpoint: string): readonly ShadowState[];
  /** Brings the routes to what SQL says; fallbacks are looked up anew. */
  sync(): Promise<void>;
  /** @throws what loading throws */
  prepare(ticket: string, spec: EndpointSpec): Promise<void>;
  discard(ticket: string): void;
  commit(ticket: string, endpoint: Pick<Endpoint, "name" | "revision">, epoch: number): Promise<void>;
  refresh(endpoint: Endpoint, epoch: number): Promise<void>;
  stop(): Promise<void>;
}

/** A commit is waited for everywhere, and who is too slow is ended: far less than that, and no arm is waited for. */
const atCommit: Syncing = { patienceMs: 5_000, withArms: false };
/** What does not load here, whatever the main process has, is tried again so often. */
const mendEveryMs = 60_000;

export function createFollower(deps: FollowerDeps): Follower {
  const store = createEndpointStore(deps.sql);
  const shadows = createShadows(deps);
  const routing = createRouting({ ...deps, onCommit: shadows.follow });
  const waiting = new Map<string, Promise<Prepared>>();

  /** Only the one that was changed: no other one's load is to be waited for. */
  async function follow(name: string): Promise<void> {
    const epoch = await store.epoch();
    const endpoint = await store.find(name);
    if (endpoint) await routing.sync([endpoint], epoch, atCommit);
  }

  async function mendAll(): Promise<void> {
    for (const { endpoint: name, missing, revision } of routing.snapshot().routes.values()) {
      const endpoint = missing.length === 0 ? null : await store.find(name);
      if (endpoint?.revision === revision) await routing.mend(endpoint, await store.epoch());
    }
  }

  let isMending = false;
  const stopMending = deps.clock.every(mendEveryMs, () => {
    if (isMending) return;
    isMending = true;
    mendAll()
      .catch((error: unknown) => deps.logger.warn({ error }, "an arm still does not load"))
      .finally(() => (isMending = false));
  });

  async function sync(): Promise<void> {
    const epoch = await store.epoch();
    const endpoints = await store.all();
    const known = routing.snapshot().routes;
    const kept = endpoints.filter(({ name, revision }) => known.get(name)?.revision === revision);
    // At the start there is nothing that arms could hold up.
    await routing.sync(endpoints, epoch, { patienceMs: 10_000, withArms: known.size === 0 });
    // An alias that moved is no revision of the endpoint that falls back to it.
    for (const endpoint of kept) {
      const { fallback } = endpoint.spec.serve;
      if (fallback && "alias" in fallback) await routing.refresh(endpoint, epoch);
    }
  }

  return {
    infer: createInfer({ ...deps, routing, shadows }),
    snapshot: routing.snapshot,
    listShadows: shadows.list,
    sync,
    async prepare(ticket, spec) {
      const preparing = routing.prepare(spec);
      waiting.set(ticket, preparing);
      await preparing;
    },
    discard(ticket) {
      const prepared = waiting.get(ticket);
      waiting.delete(ticket);
      prepared?.then(routing.discard, () => {});
    },
    async commit(ticket, endpoint, epoch) {
      const prepared = waiting.get(ticket);
      if (prepared === undefined) return follow(endpoint.name);
      waiting.delete(ticket);
      routing.commit(endpoint, await prepared, epoch);
    },
    refresh: routing.refresh,
    async stop() {
      stopMending();
      shadows.close();
      await routing.pinned.close();
    },
  };
}
