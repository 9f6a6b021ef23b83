import type { Sql } from "../platform/sql/index.ts";
import type { Token, TokenScope } from "./token.ts";

interface TokenRow {
  id: string;
  hash: string;
  user_name: string;
  scope: string;
  created_at: number;
  revoked_at: number | null;
}

/** Tokens by the hash of their secret; the secret itself is nowhere. */
export interface TokenStore {
  insert(token: Token, hash: string): Promise<void>;
  /** Null where there is none or it was revoked. */
  findByHash(hash: string): Promise<Token | null>;
  list(): Promise<readonly Token[]>;
  revoke(id: string, at: number): Promise<boolean>;
}

const toToken = (row: TokenRow): Token => ({
  id: row.id,
  user: row.user_name,
  scope: row.scope as TokenScope,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});

export function createTokenStore(sql: Sql): TokenStore {
  const { db } = sql.as<{ tokens: TokenRow }>();
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
