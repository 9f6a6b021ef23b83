import { createHash } from "node:crypto";
import { canonicalJson, SlipwayError } from "@slipway/contract";
import type { Authorship } from "../endpoints/index.ts";
import { createId } from "../kernel/ids.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Registry } from "../registry/index.ts";
import { verifyEvents } from "./chain.ts";
import { refuse } from "./decide/index.ts";
import { createDriver, type DriverDeps } from "./driver.ts";
import type { NewEvent, RolloutEvent } from "./event.ts";
import { explain } from "./explain.ts";
import type { CommandKind } from "./observations.ts";
import { toFirstStatus, type Rollout } from "./rollout.ts";
import { planRollout, toSuperseded, type Planned } from "./start.ts";
import { createRolloutStore, type Notify, type RolloutStore } from "./store.ts";
import type { Rollouts, StartOrder } from "./use-cases.ts";
import { waitForNews } from "./wait-for-news.ts";

export interface RolloutsDeps extends Omit<DriverDeps, "store"> {
  readonly sql: Sql;
  readonly registry: Pick<Registry, "requireVersion">;
  /** Null: nobody is told of what happens. */
  readonly notify: Notify | null;
}

export function createRollouts(deps: RolloutsDeps): Rollouts {
  const { clock, endpoints } = deps;
  const store = createRolloutStore(deps.sql, deps.notify);
  const driver = createDriver({ ...deps, store });
  const planning = { ...deps, findActive: store.findActive };

  async function get(id: string): Promise<Rollout> {
    const found = await store.find(id);
    if (found !== null) return found.rollout;
    throw new SlipwayError(
      "not_found",
      `There is no rollout ${JSON.stringify(id)}; "slipway rollout list" shows them.`,
      {
        rollout: id,
      },
    );
  }

  /** What it takes the place of goes on until the transaction: where that has moved meanwhile, it is looked at again. */
  async function begin(order: StartOrder, by: Authorship, tries = 5): ReturnType<typeof beginOnce> {
    try {
      return await beginOnce(order, by);
    } catch (error) {
      if (tries > 1 && error instanceof SlipwayError && error.code === "conflict") return begin(order, by, tries - 1);
      throw error;
    }
  }

  async function beginOnce(order: StartOrder, by: Authorship) {
    const planned = await planRollout(planning, order);
    const begun = toRollout(planned, by, clock.now());
    const over = planned.active && { found: planned.active, written: toSuperseded(planned.active, begun) };
    await store.insert(begun, toStarted(begun), over);
    return { begun, superseded: planned.supersedes };
  }

  return {
    async plan(order) {
      const { endpointNow: _, active: __, ...plan } = await planRollout(planning, order);
      return plan;
    },
    async start(order, by) {
      const { begun, superseded } = await begin(order, by);
      driver.changes.emit(begun);
      if (superseded !== null) await driver.tick(superseded);
      await driver.tick(begun.id);
      return get(begun.id);
    },
    get,
    async latest(endpoint) {
      await endpoints.require(endpoint);
      const active = await store.findActive(endpoint);
      if (active !== null) return active.rollout;
      const newest = (await store.list({ endpoint, limit: 1, cursor: null })).items[0];
      if (newest !== undefined) return newest;
      throw new SlipwayError(
        "not_found",
        `Nothing was ever rolled out at ${endpoint}; "slipway rollout start ${endpoint}@VERSION" begins.`,
        { endpoint },
      );
    },
    findActive: async (endpoint) => (await store.findActive(endpoint))?.rollout ?? null,
    list: (query) => store.list(query),
    async listEvents(id, query) {
      await get(id);
      return store.listEvents(id, query);
    },
    async verify(id) {
      const { status } = await get(id);
      return verifyEvents(await listAll(store, id), status.seq);
    },
    async command(id, kind, by) {
      const rollout = await get(id);
      requireFit(rollout, { kind, actor: by.author, now: clock.now() });
      const command = { id: createId(), kind, actor: by.author, message: by.message, at: clock.now() };
      await store.addCommand(id, command);
      await driver.tick(id);
      return get(id);
    },
    async wait(id, how) {
      await get(id);
      return waitForNews({ clock, changes: driver.changes, get }, id, how);
    },
    async explain(id) {
      const rollout = await get(id);
      return explain(rollout, driver.sight(id) ?? (await store.findSight(id)), clock.now());
    },
    run: driver.run,
    stop: driver.stop,
  };
}

function toRollout(planned: Planned, by: Authorship, now: number): Rollout {
  const { endpoint, model, from, to, spec, endpointNow } = planned;
  return {
    id: createId(),
    endpoint,
    model,
    from,
    to,
    strategy: spec.strategy,
    spec,
    status: { ...toFirstStatus(endpointNow.revision), seq: 1 },
    author: by.author,
    message: by.message,
    createdAt: now,
    updatedAt: now,
  };
}

function toStarted({ model, from, to, endpoint, spec, author, message, status }: Rollout): NewEvent {
  const specHash = createHash("sha256").update(canonicalJson(spec)).digest("hex");
  const { phase, step, revision } = status;
  return {
    kind: "started",
    actor: author,
    from: phase,
    to: phase,
    step,
    reason: `${model}@${to} is to take the place of ${model}@${from} at ${endpoint}: ${spec.strategy}${message === null ? "" : ` (${message})`}.`,
    evidence: [],
    details: { from, to, strategy: spec.strategy, spec_hash: specHash, revision },
  };
}

interface Asked {
  readonly kind: CommandKind;
  readonly actor: string | null;
  readonly now: number;
}

/** @throws SlipwayError `precondition_failed`, `forbidden` */
function requireFit(rollout: Rollout, { kind, actor, now }: Asked): void {
  const refusal = refuse(rollout, { kind, actor }, now);
  if (refusal === null) return;
  const { id, endpoint, status } = rollout;
  const code = refusal.kind === "forbidden" ? "forbidden" : "precondition_failed";
  const how = `"slipway rollout explain ${endpoint}" says where it stands.`;
  throw new SlipwayError(code, `${kind} has no effect on the rollout ${id}: ${refusal.message}. ${how}`, {
    rollout: id,
    phase: status.phase,
  });
}

const pageSize = 1_000;

async function listAll(store: RolloutStore, id: string): Promise<readonly RolloutEvent[]> {
  const events: RolloutEvent[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<RolloutStore["listEvents"]>> = await store.listEvents(id, {
      limit: pageSize,
      cursor,
    });
    events.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return events;
}
