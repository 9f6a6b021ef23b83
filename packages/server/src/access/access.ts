import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import type { Sql } from "../platform/sql/index.ts";
import { appendAudit, createTokenStore, type AccessTables } from "./store.ts";
import { createSecret, hashSecret, type Principal, type Token, type TokenScope } from "./token.ts";

export interface AccessDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  /** The first admin token, given at the start; it is stored nowhere. */
  readonly adminToken: string | null;
}

export interface Access {
  /** Whether requests need a token: one was given at the start, or tokens exist. Asked once, before anything else. */
  required(): Promise<boolean>;
  /**
   * Who holds the secret. Answers from memory where it can, without a promise; what SQL says is trusted for five seconds, so
   * a revoked token works no longer than that in any process.
   * @throws SlipwayError `unauthenticated`
   */
  authenticate(secret: string): Principal | Promise<Principal>;
  /** The secret is shown once, here. */
  createToken(
    user: string,
    scope: TokenScope,
    by?: { readonly actor: string | null },
  ): Promise<{ token: Token; secret: string }>;
  listTokens(): Promise<readonly Token[]>;
  /** @throws SlipwayError `not_found` */
  revokeToken(id: string, by?: { readonly actor: string | null }): Promise<void>;
}

const trustMs = 5_000;
const mostKnown = 10_000;

export function createAccess({ sql, clock, adminToken }: AccessDeps): Access {
  const { db, tx } = sql.as<AccessTables>();
  const store = createTokenStore(db);
  let adminHash = adminToken === null ? null : hashSecret(adminToken);
  const known = new Map<string, { principal: Principal | null; until: number }>();

  function remember(hash: string, principal: Principal | null): Principal {
    if (known.size >= mostKnown) known.clear();
    known.set(hash, { principal, until: clock.monotonic() + trustMs });
    return principal ?? refuse();
  }
  function refuse(): never {
    throw new SlipwayError("unauthenticated", "This token is not known here or was revoked.");
  }
  return {
    async required() {
      // SLIPWAY_TOKEN is also what the command line uses: a token that is stored keeps the scope that it was made with.
      if (adminHash !== null && (await store.findByHash(adminHash)) !== null) adminHash = null;
      return adminHash !== null || (await store.list()).some((token) => token.revokedAt === null);
    },
    authenticate(secret) {
      const hash = hashSecret(secret);
      if (hash === adminHash) return { user: "admin", scope: "admin" };
      const cached = known.get(hash);
      if (cached && cached.until > clock.monotonic()) return cached.principal ?? refuse();
      return store.findByHash(hash).then((token) => remember(hash, token));
    },
    async createToken(user, scope, { actor } = { actor: null }) {
      const secret = createSecret();
      const token = { id: createId(), user, scope, createdAt: clock.now(), revokedAt: null };
      await tx(async (trx) => {
        await createTokenStore(trx).insert(token, hashSecret(secret));
        const event = { at: token.createdAt, actor, subject: token.id, details: { user, scope } };
        await appendAudit(trx, { ...event, action: "token.create" });
      });
      return { token, secret };
    },
    listTokens: () => store.list(),
    async revokeToken(id, { actor } = { actor: null }) {
      const at = clock.now();
      const revoked = await tx(async (trx) => {
        if (!(await createTokenStore(trx).revoke(id, at))) return false;
        await appendAudit(trx, { at, actor, action: "token.revoke", subject: id, details: {} });
        return true;
      });
      if (!revoked) throw new SlipwayError("not_found", `There is no token ${JSON.stringify(id)} in force.`, { id });
      known.clear();
    },
  };
}
