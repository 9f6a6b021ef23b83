import type { Kysely } from "kysely";
import { SlipwayError, type Strategy } from "@slipway/contract";
import type { EndpointSettings } from "../endpoints/index.ts";
import { decodeCursor, toPage, type Page, type PageQuery } from "../kernel/page.ts";
import type { Sql } from "../platform/sql/index.ts";
import { auditCommand, auditStart } from "./audit.ts";
import { firstHash, toChain } from "./chain.ts";
import type { NewEvent, RolloutEvent } from "./event.ts";
import type { Command, CommandKind } from "./observations.ts";
import { terminalPhases, type Rollout, type RolloutStatus } from "./rollout.ts";
import type { Sight } from "./sight.ts";
import type { RolloutSpec } from "./spec.ts";
import type { Happened } from "./tell.ts";

interface RolloutRow {
  id: string;
  endpoint: string;
  model: string;
  from_version: number;
  to_version: number;
  strategy: string;
  spec: string;
  settings: string | null;
  author: string | null;
  message: string | null;
  created_at: number;
  updated_at: number;
  active: string | null;
  unfinished: number;
  phase: string;
  seq: number;
  writes: number;
  status: string;
  sight: string | null;
}

interface Tables {
  rollouts: RolloutRow;
  rollout_events: {
    rollout: string;
    seq: number;
    at: number;
    kind: string;
    event: string;
    prev_hash: string;
    hash: string;
  };
  rollout_commands: {
    id: string;
    rollout: string;
    kind: string;
    actor: string | null;
    message: string | null;
    at: number;
  };
}

/** A rollout as it was read, and what says whether it is still so. */
export interface Found {
  readonly rollout: Rollout;
  /** How often the row was written. */
  readonly writes: number;
}

export interface Written {
  readonly status: RolloutStatus;
  readonly events: readonly NewEvent[];
  /** Ids of commands that have had their effect. */
  readonly consumed: readonly string[];
  readonly sight: Sight | null;
  readonly at: number;
}

export interface Change {
  readonly found: Found;
  readonly written: Written;
}

/** What else is to be on record in the transaction of events. */
export type Notify = (trx: Kysely<object>, rollout: Rollout, happened: Happened) => Promise<void>;

export interface RolloutQuery extends PageQuery {
  readonly endpoint?: string | undefined;
  readonly active?: boolean | undefined;
}

export interface EventQuery extends PageQuery {
  /** Only later ones than this number. */
  readonly after?: number | undefined;
}

export interface RolloutStore {
  find(id: string): Promise<Found | null>;
  /** Of an endpoint; null: none is under way. */
  findActive(endpoint: string): Promise<Found | null>;
  /** Under way, or ended without everybody having been told. */
  listUnfinished(): Promise<readonly string[]>;
  /** Everybody has been told of its end. */
  finish(id: string): Promise<void>;
  /** Newest first. */
  list(query: RolloutQuery): Promise<Page<Rollout>>;
  findSight(id: string): Promise<Sight | null>;
  /** In the order of their numbers. */
  listEvents(id: string, query: EventQuery): Promise<Page<RolloutEvent>>;
  /** The newest ones, the last first. */
  listLastEvents(id: string, limit: number): Promise<readonly RolloutEvent[]>;
  /** The newest of each endpoint among those that have ended. */
  listLastEnded(): Promise<readonly Rollout[]>;
  listCommands(id: string): Promise<readonly Command[]>;
  addCommand(rollout: Pick<Rollout, "id" | "endpoint">, command: Command): Promise<void>;
  /** Where another is under way at the endpoint, `over` says what becomes of it. @throws SlipwayError `conflict` */
  insert(rollout: Rollout, event: NewEvent, over: Change | null): Promise<void>;
  /** All of it or nothing. @throws SlipwayError `conflict` where the row is no longer as it was found */
  write(found: Found, written: Written): Promise<Rollout>;
}

export function createRolloutStore(sql: Sql, notify: Notify | null): RolloutStore {
  const { db, tx } = sql.as<Tables>();
  const found = (row: RolloutRow | undefined): Found | null =>
    row === undefined ? null : { rollout: toRollout(row), writes: row.writes };
  return {
    find: async (id) => found(await db.selectFrom("rollouts").selectAll().where("id", "=", id).executeTakeFirst()),
    findActive: async (endpoint) =>
      found(await db.selectFrom("rollouts").selectAll().where("active", "=", endpoint).executeTakeFirst()),
    async finish(id) {
      await db.updateTable("rollouts").set({ unfinished: 0 }).where("id", "=", id).execute();
    },
    async listUnfinished() {
      const rows = await db.selectFrom("rollouts").select("id").where("unfinished", "=", 1).orderBy("id").execute();
      return rows.map(({ id }) => id);
    },
    list: (query) => list(db, query),
    async findSight(id) {
      const row = await db.selectFrom("rollouts").select("sight").where("id", "=", id).executeTakeFirst();
      return row === undefined || row.sight === null ? null : (JSON.parse(row.sight) as Sight);
    },
    async listEvents(id, { limit, cursor, after = 0 }) {
      let query = db.selectFrom("rollout_events").selectAll().where("rollout", "=", id).where("seq", ">", after);
      if (cursor !== null) query = query.where("seq", ">", Number(decodeCursor(cursor, ["number"])[0]));
      const rows = await query
        .orderBy("seq")
        .limit(limit + 1)
        .execute();
      return toPage(
        rows.map((row) => toEvent(row)),
        limit,
        ({ seq }) => [seq],
      );
    },
    async listLastEvents(id, limit) {
      const events = db.selectFrom("rollout_events").selectAll().where("rollout", "=", id);
      return (await events.orderBy("seq", "desc").limit(limit).execute()).map(toEvent);
    },
    async listLastEnded() {
      const newest = db
        .selectFrom("rollouts")
        .select((each) => each.fn.max("id").as("id"))
        .where("active", "is", null)
        .groupBy("endpoint");
      const rows = db.selectFrom("rollouts").selectAll().where("id", "in", newest);
      return (await rows.orderBy("endpoint").execute()).map(toRollout);
    },
    async listCommands(id) {
      const rows = await db
        .selectFrom("rollout_commands")
        .selectAll()
        .where("rollout", "=", id)
        .orderBy("id")
        .execute();
      return rows.map(({ kind, actor, message, at, ...row }) => ({
        id: row.id,
        kind: kind as CommandKind,
        actor,
        message,
        at,
      }));
    },
    addCommand: (rollout, command) =>
      tx(async (trx) => {
        await trx
          .insertInto("rollout_commands")
          .values({ ...command, rollout: rollout.id })
          .execute();
        await auditCommand(trx, rollout, command);
      }),
    insert: (rollout, event, over) => tx((trx) => insert(trx, { rollout, event, over }, notify)),
    write: (of, written) => tx((trx) => write(trx, { found: of, written }, notify)),
  };
}

interface Inserted {
  readonly rollout: Rollout;
  readonly event: NewEvent;
  readonly over: Change | null;
}

async function insert(trx: Kysely<Tables>, { rollout, event, over }: Inserted, notify: Notify | null): Promise<void> {
  if (over !== null) await write(trx, over, notify);
  const { id, endpoint } = rollout;
  const made = await trx
    .insertInto("rollouts")
    .values({ ...toRow(rollout), unfinished: 1, writes: 0, sight: null })
    .onConflict((conflict) => conflict.column("active").doNothing())
    .returning("id")
    .execute();
  if (made.length === 0) throw changedMeanwhile(endpoint);
  const link = { rollout: id, seq: 0, hash: firstHash };
  await append(trx, { rollout, before: rollout, link, events: [event], at: rollout.createdAt, notify });
  await auditStart(trx, rollout);
}

async function list(db: Kysely<Tables>, { limit, cursor, endpoint, active }: RolloutQuery): Promise<Page<Rollout>> {
  let query = db
    .selectFrom("rollouts")
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit + 1);
  if (endpoint !== undefined) query = query.where("endpoint", "=", endpoint);
  if (active !== undefined) query = query.where("active", active ? "is not" : "is", null);
  if (cursor !== null) query = query.where("id", "<", String(decodeCursor(cursor, ["string"])[0]));
  return toPage((await query.execute()).map(toRollout), limit, ({ id }) => [id]);
}

async function write(trx: Kysely<Tables>, { found, written }: Change, notify: Notify | null): Promise<Rollout> {
  const { rollout, writes } = found;
  const { status, events, consumed, sight, at } = written;
  const next: Rollout = { ...rollout, status, updatedAt: at };
  const { active, phase, seq, status: text } = toRow(next);
  const changed = await trx
    .updateTable("rollouts")
    .set({
      active,
      phase,
      seq,
      status: text,
      writes: writes + 1,
      updated_at: at,
      ...(sight === null ? {} : { sight: JSON.stringify(sight) }),
    })
    .where("id", "=", rollout.id)
    .where("seq", "=", rollout.status.seq)
    .where("writes", "=", writes)
    .returning("id")
    .execute();
  if (changed.length === 0) throw changedMeanwhile(rollout.endpoint);
  if (events.length > 0) {
    const last = await trx
      .selectFrom("rollout_events")
      .select(["seq", "hash"])
      .where("rollout", "=", rollout.id)
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const link = { rollout: rollout.id, ...(last ?? { seq: 0, hash: firstHash }) };
    await append(trx, { rollout: next, before: rollout, link, events, at, notify });
  }
  if (consumed.length > 0)
    await trx
      .deleteFrom("rollout_commands")
      .where("id", "in", [...consumed])
      .execute();
  return next;
}

interface Appended {
  readonly rollout: Rollout;
  readonly before: Rollout;
  readonly link: { readonly rollout: string; readonly seq: number; readonly hash: string };
  readonly events: readonly NewEvent[];
  readonly at: number;
  readonly notify: Notify | null;
}

async function append(trx: Kysely<Tables>, { rollout, before, link, events, at, notify }: Appended): Promise<void> {
  const chained = toChain(link, events, at);
  await trx
    .insertInto("rollout_events")
    .values(
      chained.map(({ prevHash, hash, ...event }) => ({
        rollout: event.rollout,
        seq: event.seq,
        at,
        kind: event.kind,
        event: JSON.stringify(event),
        prev_hash: prevHash,
        hash,
      })),
    )
    .execute();
  // A transaction of any tables: those of others are not in `Tables`.
  await notify?.(trx as unknown as Kysely<object>, rollout, { before, events: chained });
}

function toEvent(row: Tables["rollout_events"]): RolloutEvent {
  const event = JSON.parse(row.event) as Omit<RolloutEvent, "hash" | "prevHash">;
  return { ...event, prevHash: row.prev_hash, hash: row.hash };
}

function toRow(rollout: Rollout) {
  const { id, endpoint, model, strategy, author, message, status } = rollout;
  return {
    id,
    endpoint,
    model,
    from_version: rollout.from,
    to_version: rollout.to,
    strategy,
    spec: JSON.stringify(rollout.spec),
    settings: rollout.settings ? JSON.stringify(rollout.settings) : null,
    author,
    message,
    created_at: rollout.createdAt,
    updated_at: rollout.updatedAt,
    active: terminalPhases.has(status.phase) ? null : endpoint,
    phase: status.phase,
    seq: status.seq,
    status: JSON.stringify(status),
  };
}

function toRollout(row: RolloutRow): Rollout {
  return {
    id: row.id,
    endpoint: row.endpoint,
    model: row.model,
    from: row.from_version,
    to: row.to_version,
    strategy: row.strategy as Strategy,
    spec: JSON.parse(row.spec) as RolloutSpec,
    settings: row.settings === null ? null : (JSON.parse(row.settings) as EndpointSettings),
    status: JSON.parse(row.status) as RolloutStatus,
    author: row.author,
    message: row.message,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function changedMeanwhile(endpoint: string): SlipwayError {
  return new SlipwayError(
    "conflict",
    `The rollout of ${endpoint} was changed at the same time; look at it and try again.`,
  );
}
