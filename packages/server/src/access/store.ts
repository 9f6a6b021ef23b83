import type { Kysely } from "kysely";
import { createId } from "../kernel/ids.ts";
import { decodeCursor, toPage, type Page } from "../kernel/page.ts";
import type { AuditAction, AuditEvent, AuditQuery } from "./audit-event.ts";
import type { Rate, RateUnit } from "./rate.ts";
import type { Token, TokenScope } from "./token.ts";

interface TokenRow {
  id: string;
  hash: string;
  user_name: string;
  scope: string;
  created_at: number;
  revoked_at: number | null;
  /** All three or none. */
  rate_requests: number | null;
  rate_unit: string | null;
  rate_burst: number | null;
}

interface AuditRow {
  id: string;
  at: number;
  actor: string | null;
  action: string;
  subject: string;
  details: string;
}

export interface AccessTables {
  tokens: TokenRow;
  audit_events: AuditRow;
}

/** A whole database, or a transaction on it, whatever tables its user knows. */
// oxlint-disable-next-line typescript/no-explicit-any
type AnyDb = Kysely<any>;

/** Tokens by the hash of their secret; the secret itself is nowhere. */
export interface TokenStore {
  insert(token: Token, hash: string): Promise<void>;
  /** Null where there is none or it was revoked. */
  findByHash(hash: string): Promise<Token | null>;
  list(): Promise<readonly Token[]>;
  revoke(id: string, at: number): Promise<boolean>;
}

function toRate({ rate_requests: requests, rate_unit: unit, rate_burst: burst }: TokenRow): Rate | null {
  return requests === null || unit === null || burst === null ? null : { requests, unit: unit as RateUnit, burst };
}

const toToken = (row: TokenRow): Token => ({
  id: row.id,
  user: row.user_name,
  scope: row.scope as TokenScope,
  rate: toRate(row),
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});

export function createTokenStore(db: Kysely<AccessTables>): TokenStore {
  return {
    async insert(token, hash) {
      await db
        .insertInto("tokens")
        .values({
          id: token.id,
          hash,
          user_name: token.user,
          scope: token.scope,
          created_at: token.createdAt,
          revoked_at: token.revokedAt,
          rate_requests: token.rate?.requests ?? null,
          rate_unit: token.rate?.unit ?? null,
          rate_burst: token.rate?.burst ?? null,
        })
        .execute();
    },
    async findByHash(hash) {
      const row = await db
        .selectFrom("tokens")
        .selectAll()
        .where("hash", "=", hash)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      return row ? toToken(row) : null;
    },
    async list() {
      return (await db.selectFrom("tokens").selectAll().orderBy("id").execute()).map(toToken);
    },
    async revoke(id, at) {
      const changed = await db
        .updateTable("tokens")
        .set({ revoked_at: at })
        .where("id", "=", id)
        .where("revoked_at", "is", null)
        .returning("id")
        .execute();
      return changed.length > 0;
    },
  };
}

const toEvent = ({ details, action, ...row }: AuditRow): AuditEvent => ({
  ...row,
  action: action as AuditAction,
  details: JSON.parse(details) as Record<string, unknown>,
});

/** Writes one event of the audit trail, in the transaction of the change that it tells of. */
export async function appendAudit(trx: AnyDb, { details, ...event }: Omit<AuditEvent, "id">): Promise<void> {
  const row = { id: createId(), ...event, details: JSON.stringify(details) };
  await (trx as Kysely<AccessTables>).insertInto("audit_events").values(row).execute();
}

/** Newest first. */
export async function listAudit(db: Kysely<AccessTables>, query: AuditQuery): Promise<Page<AuditEvent>> {
  const { limit, cursor, subject, action, actor, since } = query;
  let rows = db
    .selectFrom("audit_events")
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit + 1);
  if (cursor !== null) rows = rows.where("id", "<", String(decodeCursor(cursor, ["string"])[0]));
  if (subject !== undefined) rows = rows.where("subject", "=", subject);
  if (actor !== undefined) rows = rows.where("actor", "=", actor);
  if (since !== undefined) rows = rows.where("at", ">=", since);
  if (action !== undefined)
    rows = action.includes(".")
      ? rows.where("action", "=", action)
      : rows.where("action", ">=", `${action}.`).where("action", "<", `${action}/`);
  return toPage((await rows.execute()).map(toEvent), limit, (event) => [event.id]);
}
