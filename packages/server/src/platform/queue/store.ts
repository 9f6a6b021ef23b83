import type { Id } from "../../kernel/ids.ts";
import { decodeCursor, toPage } from "../../kernel/page.ts";
import type { Page, PageQuery } from "../../kernel/page.ts";
import type { Sql } from "../sql/index.ts";
import type { Operation, OperationError, OperationState, ProgressEntry } from "./operation.ts";

interface OperationRow {
  id: string;
  kind: string;
  subject: string;
  state: string;
  stage: string;
  message: string;
  fraction: number | null;
  result: string | null;
  error: string | null;
  log: string;
  created_at: number;
  updated_at: number;
  finished_at: number | null;
}

export function createOperationStore(sql: Sql) {
  const { db } = sql.as<{ operations: OperationRow }>();
  return {
    async insert(operation: Operation): Promise<void> {
      await db.insertInto("operations").values(toRow(operation)).execute();
    },

    async update(operation: Operation): Promise<void> {
      const { id, ...values } = toRow(operation);
      await db.updateTable("operations").set(values).where("id", "=", id).execute();
    },

    async find(id: string): Promise<Operation | null> {
      const row = await db.selectFrom("operations").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? fromRow(row) : null;
    },

    /** Newest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Operation>> {
      let query = db.selectFrom("operations").selectAll();
      if (cursor !== null) query = query.where("id", "<", String(decodeCursor(cursor, ["string"])[0]));
      const rows = await query
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromRow), limit, (operation) => [operation.id]);
    },

    /** Ids of those that ended before, oldest first. */
    async listEnded(before: number): Promise<readonly string[]> {
      const query = db.selectFrom("operations").select("id").where("finished_at", "<", before).orderBy("id");
      return (await query.execute()).map((row) => row.id);
    },

    async deleteEnded(before: number): Promise<void> {
      await db.deleteFrom("operations").where("finished_at", "<", before).execute();
    },

    async listUnfinished(): Promise<readonly Operation[]> {
      const rows = await db
        .selectFrom("operations")
        .selectAll()
        .where("state", "in", ["queued", "running"] satisfies OperationState[])
        .orderBy("id")
        .execute();
      return rows.map(fromRow);
    },
  };
}

export type OperationStore = ReturnType<typeof createOperationStore>;

function toRow(operation: Operation): OperationRow {
  return {
    id: operation.id,
    kind: operation.kind,
    subject: operation.subject,
    state: operation.state,
    stage: operation.stage,
    message: operation.message,
    fraction: operation.fraction,
    result: operation.result && JSON.stringify(operation.result),
    error: operation.error && JSON.stringify(operation.error),
    log: JSON.stringify(operation.log),
    created_at: operation.createdAt,
    updated_at: operation.updatedAt,
    finished_at: operation.finishedAt,
  };
}

function fromRow(row: OperationRow): Operation {
  return {
    id: row.id as Id,
    kind: row.kind,
    subject: row.subject,
    state: row.state as OperationState,
    stage: row.stage,
    message: row.message,
    fraction: row.fraction,
    result: row.result === null ? null : (JSON.parse(row.result) as object),
    error: row.error === null ? null : (JSON.parse(row.error) as OperationError),
    log: JSON.parse(row.log) as ProgressEntry[],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
  };
}
