import { raw, type Kysely, type Sql } from "../sql/index.ts";

export interface Delivery {
  /** UUIDv7; the same at each attempt, so that who receives it twice can tell. */
  readonly id: string;
  readonly destination: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** How often it was tried. */
  readonly attempts: number;
}

export interface NewDelivery {
  /** Whom it goes to, in the words of who registered him: `webhook:ID`. */
  readonly destination: string;
  readonly body: string;
}

export interface DestinationState {
  readonly pending: number;
  readonly failed: number;
  /** Of the last attempt that failed and was not followed by a success. */
  readonly lastError: string | null;
}

interface OutboxRow {
  id: string;
  destination: string;
  place: number;
  body: string;
  created_at: number;
  next_at: number;
  attempts: number;
  last_error: string | null;
  /** Null: it will be tried again. */
  failed_at: number | null;
}

interface OutboxTables {
  outbox: OutboxRow;
}

/** A whole database, or a transaction on it, whatever tables its user knows. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDb = Kysely<any>;

/** Behind all that wait for the same destination. */
export async function insertDelivery(
  trx: AnyDb,
  { id, destination, body, at }: NewDelivery & { readonly id: string; readonly at: number },
): Promise<void> {
  await raw`insert into outbox (id, destination, place, body, created_at, next_at, attempts)
    select ${id}, ${destination}, coalesce(max(place), 0) + 1, ${body}, ${at}, ${at}, 0
    from outbox where destination = ${destination}`.execute(trx);
}

export async function deleteDeliveries(trx: AnyDb, destination: string): Promise<void> {
  await (trx as Kysely<OutboxTables>).deleteFrom("outbox").where("destination", "=", destination).execute();
}

export function createOutboxStore(sql: Sql) {
  const { db } = sql.as<OutboxTables>();
  return {
    /** The first one of each destination, with the time at which it is due, soonest first. */
    async listFirst(limit: number): Promise<readonly (Delivery & { readonly nextAt: number })[]> {
      const { rows } = await raw<OutboxRow>`select o.* from outbox o where o.failed_at is null and not exists (
          select 1 from outbox b where b.destination = o.destination and b.failed_at is null and b.place < o.place)
        order by o.next_at, o.id limit ${limit}`.execute(db);
      return rows.map(toDelivery);
    },
    async retryAll(at: number): Promise<void> {
      await db.updateTable("outbox").set({ next_at: at }).where("failed_at", "is", null).execute();
    },
    async delete(id: string): Promise<void> {
      await db.deleteFrom("outbox").where("id", "=", id).execute();
    },
    async markTried(id: string, tried: { nextAt: number; error: string; failedAt: number | null }): Promise<void> {
      await db
        .updateTable("outbox")
        .set((row) => ({
          next_at: tried.nextAt,
          last_error: tried.error,
          failed_at: tried.failedAt,
          attempts: row("attempts", "+", 1),
        }))
        .where("id", "=", id)
        .execute();
    },
    async deleteFailed(before: number): Promise<void> {
      await db.deleteFrom("outbox").where("failed_at", "<", before).execute();
    },
    async state(destination: string): Promise<DestinationState> {
      const rows = await db
        .selectFrom("outbox")
        .select(["failed_at", "last_error", (row) => row.fn.countAll<number>().as("count")])
        .where("destination", "=", destination)
        .groupBy(["failed_at", "last_error"])
        .execute();
      const count = (failed: boolean) =>
        rows.filter((row) => (row.failed_at !== null) === failed).reduce((sum, row) => sum + row.count, 0);
      const errors = rows
        .filter((row) => row.last_error !== null)
        .toSorted((a, b) => (b.failed_at ?? Infinity) - (a.failed_at ?? Infinity));
      return { pending: count(false), failed: count(true), lastError: errors[0]?.last_error ?? null };
    },
  };
}

export type OutboxStore = ReturnType<typeof createOutboxStore>;

function toDelivery(row: OutboxRow): Delivery & { readonly nextAt: number } {
  return {
    id: row.id,
    destination: row.destination,
    body: row.body,
    createdAt: row.created_at,
    attempts: row.attempts,
    nextAt: row.next_at,
  };
}
