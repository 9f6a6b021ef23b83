import { SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Registry } from "../registry/index.ts";
import { verifyEvents } from "./chain.ts";
import type { CheckStart } from "./check-start.ts";
import { refuse } from "./decide/index.ts";
import { createDriver, type DriverDeps } from "./driver.ts";
import type { RolloutEvent } from "./event.ts";
import { explain } from "./explain.ts";
import { withLog } from "./log-events.ts";
import type { CommandKind } from "./observations.ts";
import { terminalPhases, type Rollout } from "./rollout.ts";
import { beginRollout, planRollout } from "./start.ts";
import { createRolloutStore, type Notify, type RolloutStore } from "./store.ts";
import type { Rollouts } from "./use-cases.ts";
import { waitForNews } from "./wait-for-news.ts";

export interface RolloutsDeps extends Omit<DriverDeps, "store"> {
  readonly sql: Sql;
  readonly registry: Pick<Registry, "requireVersion">;
  readonly checkStart: CheckStart;
  /** Null: nobody is told of what happens. */
  readonly notify: Notify | null;
}

/** Events behind the one that decided, at most: commands that came too late, and the end. */
const mostBehind = 100;

export function createRollouts(deps: RolloutsDeps): Rollouts {
  const { clock } = deps;
  const store = withLog(createRolloutStore(deps.sql, deps.notify), deps.logger);
  const driver = createDriver({ ...deps, store });
  const starting = { ...deps, store };

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

  return {
    async plan(order) {
      const { endpointNow: _, active: __, ...plan } = await planRollout(starting, order);
      return plan;
    },
    async start(order, by) {
      const { begun, superseded } = await beginRollout(starting, order, by);
      driver.changes.emit(begun);
      if (superseded !== null) await driver.tick(superseded);
      await driver.tick(begun.id);
      return get(begun.id);
    },
    get,
    findActive: async (endpoint) => (await store.findActive(endpoint))?.rollout ?? null,
    list: (query) => store.list(query),
    listLastEnded: store.listLastEnded,
    async listEvents(id, query) {
      await get(id);
      return store.listEvents(id, query);
    },
    async findDeciding(id) {
      const { status } = await get(id);
      if (!terminalPhases.has(status.phase)) return [];
      const events = await store.listLastEvents(id, mostBehind);
      return events.find(({ evidence }) => evidence.length > 0)?.evidence ?? [];
    },
    async verify(id) {
      const { status } = await get(id);
      return verifyEvents(await listAll(store, id), status.seq);
    },
    async command(id, kind, by) {
      const rollout = await get(id);
      requireFit(rollout, { kind, actor: by.author, now: clock.now() });
      const command = { id: createId(), kind, actor: by.author, message: by.message, at: clock.now() };
      await store.addCommand(rollout, command);
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
