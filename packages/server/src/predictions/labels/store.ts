import type { AmbiguousRule } from "@slipway/contract";
import type { Sql, Transaction } from "../../platform/sql/index.ts";
import { targetOf, type KnownLabel, type Label } from "./label.ts";

interface LabelRow {
  id: string;
  endpoint: string;
  target: string;
  prediction: string | null;
  row: number | null;
  key: string | null;
  value: string;
  number: number | null;
  observed_at: number;
  timed: number;
  received_at: number;
  source: string;
  ambiguous: string;
}

interface PullRow {
  endpoint: string;
  source: string;
  query: string;
  watermark: number | null;
  last_at: number | null;
  pulled: number | null;
  stored: number | null;
  error: string | null;
  next_at: number;
}

export interface LabelTables {
  labels: LabelRow;
  label_pulls: PullRow;
}

/** How far an endpoint's pulls from its SQL source are. */
export interface PullState {
  readonly endpoint: string;
  /** The source and the query that this is about: others begin anew. */
  readonly source: string;
  readonly query: string;
  /** The newest time of observation that was pulled; null before the first. */
  readonly watermark: number | null;
  readonly lastAt: number | null;
  /** Rows of the last pull, and how many of them were new. */
  readonly pulled: number | null;
  readonly stored: number | null;
  readonly error: string | null;
  readonly nextAt: number;
}

/** Labels that wait in SQL until the lake takes them, and the state of pulls. */
export interface LabelStore {
  insert(labels: readonly Label[]): Promise<void>;
  /** Those about any of these targets. */
  listKnown(endpoint: string, targets: readonly string[]): Promise<KnownLabel[]>;
  /** Endpoints that have some. */
  endpoints(): Promise<readonly string[]>;
  /** Oldest first. */
  list(endpoint: string, limit: number): Promise<Label[]>;
  count(endpoint: string): Promise<number>;
  findPull(endpoint: string): Promise<PullState | null>;
  savePull(state: PullState): Promise<void>;
}

/** Fewer than SQLite's and PostgreSQL's bound of parameters, whatever a row has. */
const chunk = 500;

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += chunk) yield items.slice(at, at + chunk);
}

export function createLabelStore(sql: Sql): LabelStore {
  const { db, tx } = sql.as<LabelTables>();
  return {
    insert: (labels) =>
      tx(async (trx) => {
        for (const some of chunks(labels)) await trx.insertInto("labels").values(some.map(toRow)).execute();
      }),
    async listKnown(endpoint, targets) {
      const known: KnownLabel[] = [];
      for (const some of chunks(targets)) {
        const rows = await db
          .selectFrom("labels")
          .select(["id", "target", "value", "observed_at", "received_at", "source"])
          .where("endpoint", "=", endpoint)
          .where("target", "in", [...some])
          .execute();
        for (const { id, target, value, source, ...at } of rows)
          known.push({ id, target, value, source, observedAt: at.observed_at, receivedAt: at.received_at });
      }
      return known;
    },
    async endpoints() {
      const rows = await db.selectFrom("labels").select("endpoint").distinct().orderBy("endpoint").execute();
      return rows.map((row) => row.endpoint);
    },
    async list(endpoint, limit) {
      const rows = await db
        .selectFrom("labels")
        .selectAll()
        .where("endpoint", "=", endpoint)
        .orderBy("received_at")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toLabel);
    },
    async count(endpoint) {
      const row = await db
        .selectFrom("labels")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("endpoint", "=", endpoint)
        .executeTakeFirstOrThrow();
      return row.count;
    },
    async findPull(endpoint) {
      const row = await db.selectFrom("label_pulls").selectAll().where("endpoint", "=", endpoint).executeTakeFirst();
      return row ? toPull(row) : null;
    },
    savePull: (state) => tx((trx) => writePull(trx, state)),
  };
}

/** Takes labels out that stand in the lake from now on, in the transaction that lists their file. */
export async function removeLabels(trx: Transaction<LabelTables>, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids))
    await trx
      .deleteFrom("labels")
      .where("id", "in", [...some])
      .execute();
}

export async function writePull(trx: Transaction<LabelTables>, state: PullState): Promise<void> {
  const { endpoint, source, query, watermark, pulled, stored, error } = state;
  const values = { source, query, watermark, last_at: state.lastAt, pulled, stored, error, next_at: state.nextAt };
  await trx
    .insertInto("label_pulls")
    .values({ endpoint, ...values })
    .onConflict((conflict) => conflict.column("endpoint").doUpdateSet(values))
    .execute();
}

function toRow(label: Label): LabelRow {
  return {
    id: label.id,
    endpoint: label.endpoint,
    target: targetOf(label),
    prediction: label.prediction,
    row: label.row,
    key: label.key,
    value: label.value,
    number: label.number,
    observed_at: label.observedAt,
    timed: label.timed ? 1 : 0,
    received_at: label.receivedAt,
    source: label.source,
    ambiguous: label.ambiguous,
  };
}

function toLabel(row: LabelRow): Label {
  return {
    id: row.id,
    endpoint: row.endpoint,
    prediction: row.prediction,
    row: row.row,
    key: row.key,
    value: row.value,
    number: row.number,
    observedAt: row.observed_at,
    timed: row.timed === 1,
    receivedAt: row.received_at,
    source: row.source,
    ambiguous: row.ambiguous as AmbiguousRule,
  };
}

function toPull(row: PullRow): PullState {
  const { endpoint, source, query, watermark, pulled, stored, error } = row;
  return { endpoint, source, query, watermark, pulled, stored, error, lastAt: row.last_at, nextAt: row.next_at };
}
