import type { Kysely } from "kysely";
import { SlipwayError } from "@slipway/contract";
import { appendAudit } from "../access/index.ts";
import { decodeCursor, toPage, type Page, type PageQuery } from "../kernel/page.ts";
import type { Sql } from "../platform/sql/index.ts";
import {
  emptySpec,
  type Action,
  type Change,
  type Endpoint,
  type EndpointRevision,
  type EndpointSpec,
} from "./endpoint.ts";

interface EndpointRow {
  name: string;
  revision: number;
  spec: string;
  created_at: number;
  updated_at: number;
}

interface RevisionRow {
  endpoint: string;
  revision: number;
  action: string;
  spec: string;
  changes: string;
  restores: number;
  author: string | null;
  message: string | null;
  created_at: number;
}

interface Tables {
  endpoints: EndpointRow;
  endpoint_revisions: RevisionRow;
  routing_epoch: { id: number; epoch: number };
}

/** SQL of endpoints and their revisions. Every write of a revision raises the epoch in the same transaction. */
export interface EndpointStore {
  find(name: string): Promise<Endpoint | null>;
  list(query: PageQuery): Promise<Page<Endpoint>>;
  all(): Promise<readonly Endpoint[]>;
  findRevision(name: string, revision: number): Promise<EndpointRevision | null>;
  listRevisions(name: string, query: PageQuery): Promise<Page<EndpointRevision>>;
  /** Writes the revision after `base` (0: the endpoint is new) and returns the new epoch. @throws SlipwayError `conflict` */
  append(base: number, revision: EndpointRevision): Promise<number>;
  epoch(): Promise<number>;
}

/** A section that came later than the row has its default. */
const parseSpec = (text: string): EndpointSpec => ({ ...emptySpec, ...(JSON.parse(text) as EndpointSpec) });

const toEndpoint = (row: EndpointRow): Endpoint => ({
  name: row.name,
  revision: row.revision,
  spec: parseSpec(row.spec),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const toRevision = (row: RevisionRow): EndpointRevision => ({
  endpoint: row.endpoint,
  revision: row.revision,
  action: row.action as Action,
  spec: parseSpec(row.spec),
  changes: JSON.parse(row.changes) as Change[],
  restores: row.restores,
  author: row.author,
  message: row.message,
  createdAt: row.created_at,
});

async function write(trx: Kysely<Tables>, base: number, revision: EndpointRevision): Promise<number> {
  const { endpoint: name, createdAt } = revision;
  const spec = JSON.stringify(revision.spec);
  if (base === 0) {
    const made = await trx
      .insertInto("endpoints")
      .values({ name, revision: revision.revision, spec, created_at: createdAt, updated_at: createdAt })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .returning("name")
      .execute();
    if (made.length === 0) throw conflict(name);
  } else {
    const changed = await trx
      .updateTable("endpoints")
      .set({ revision: revision.revision, spec, updated_at: createdAt })
      .where("name", "=", name)
      .where("revision", "=", base)
      .returning("name")
      .execute();
    if (changed.length === 0) throw conflict(name);
  }
  await trx
    .insertInto("endpoint_revisions")
    .values({
      endpoint: name,
      revision: revision.revision,
      action: revision.action,
      spec,
      changes: JSON.stringify(revision.changes),
      restores: revision.restores,
      author: revision.author,
      message: revision.message,
      created_at: createdAt,
    })
    .execute();
  const { author: actor, action, message, changes } = revision;
  await appendAudit(trx, {
    at: createdAt,
    actor,
    action: "endpoint.revision",
    subject: name,
    details: { revision: revision.revision, action, message, changes },
  });
  const [row] = await trx
    .updateTable("routing_epoch")
    .set((eb) => ({ epoch: eb("epoch", "+", 1) }))
    .where("id", "=", 1)
    .returning("epoch")
    .execute();
  return row!.epoch;
}

function conflict(name: string): SlipwayError {
  return new SlipwayError("conflict", `The endpoint ${name} was changed at the same time; look at it and try again.`);
}

export function createEndpointStore(sql: Sql): EndpointStore {
  const { db, tx } = sql.as<Tables>();
  return {
    async find(name) {
      const row = await db.selectFrom("endpoints").selectAll().where("name", "=", name).executeTakeFirst();
      return row ? toEndpoint(row) : null;
    },
    async list({ limit, cursor }) {
      let query = db
        .selectFrom("endpoints")
        .selectAll()
        .orderBy("name")
        .limit(limit + 1);
      if (cursor !== null) query = query.where("name", ">", String(decodeCursor(cursor, ["string"])[0]));
      return toPage((await query.execute()).map(toEndpoint), limit, (row) => [row.name]);
    },
    async all() {
      return (await db.selectFrom("endpoints").selectAll().orderBy("name").execute()).map(toEndpoint);
    },
    async findRevision(name, revision) {
      const row = await db
        .selectFrom("endpoint_revisions")
        .selectAll()
        .where("endpoint", "=", name)
        .where("revision", "=", revision)
        .executeTakeFirst();
      return row ? toRevision(row) : null;
    },
    async listRevisions(name, { limit, cursor }) {
      let query = db
        .selectFrom("endpoint_revisions")
        .selectAll()
        .where("endpoint", "=", name)
        .orderBy("revision", "desc")
        .limit(limit + 1);
      if (cursor !== null) query = query.where("revision", "<", Number(decodeCursor(cursor, ["number"])[0]));
      return toPage((await query.execute()).map(toRevision), limit, (row) => [row.revision]);
    },
    append: (base, revision) => tx((trx) => write(trx, base, revision)),
    async epoch() {
      const row = await db.selectFrom("routing_epoch").select("epoch").where("id", "=", 1).executeTakeFirstOrThrow();
      return row.epoch;
    },
  };
}
