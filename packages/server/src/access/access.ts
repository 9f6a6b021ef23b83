import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import type { Sql } from "../platform/sql/index.ts";
import { createAdmission, type Holder, type Wanted } from "./admission.ts";
import { toRateText } from "./rate.ts";
import { appendAudit, createTokenStore, type AccessTables } from "./store.ts";
import { createSecret, hashSecret, parseSecret, type Principal, type Token, type TokenOrder } from "./token.ts";

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
   * Lets a request in, the one place for every protocol: who holds the secret, whether the scope of the token covers it, and,
   * where it needs `infer`, whether the rate of the token does; that takes one from its bucket. Buckets are in the memory of
   * this process. Answers from memory where it can, without a promise; what SQL says is trusted for five seconds, so a
   * revoked token works no longer than that in any process.
   * @param authorization as it stands in the header: `Bearer SECRET`, or `Basic` with the secret as the password
   * @throws SlipwayError `unauthenticated`, `forbidden`, `rate_limited` with `retry_after_ms`
   */
  authorize(authorization: string | undefined, wanted: Wanted): Principal | Promise<Principal>;
  /**
   * Whether a rate bounds the token; false where there is none. A process without the buckets hands such a request to the one
   * that has them.
   */
  hasRate(authorization: string | undefined): boolean | Promise<boolean>;
  /** Requests that were refused over the rate of their token since this process began, by its user. */
  refusedOverRate(): ReadonlyMap<string, number>;
  /** The secret is shown once, here. */
  createToken(order: TokenOrder, by?: { readonly actor: string | null }): Promise<{ token: Token; secret: string }>;
  listTokens(): Promise<readonly Token[]>;
  /** @throws SlipwayError `not_found` */
  revokeToken(id: string, by?: { readonly actor: string | null }): Promise<void>;
}

const trustMs = 5_000;
const mostKnown = 10_000;
const firstAdmin: Holder = { principal: { user: "admin", scope: "admin" }, limit: null };

export function createAccess({ sql, clock, adminToken }: AccessDeps): Access {
  const { db, tx } = sql.as<AccessTables>();
  const store = createTokenStore(db);
  let adminHash = adminToken === null ? null : hashSecret(adminToken);
  const known = new Map<string, { readonly holder: Holder | null; readonly until: number }>();
  const admission = createAdmission(clock);

  function remember(hash: string, token: Token | null): Holder {
    if (known.size >= mostKnown) known.clear();
    const holder = token && admission.toHolder(token);
    known.set(hash, { holder, until: clock.monotonic() + trustMs });
    return holder ?? refuse();
  }
  function findHolder(secret: string): Holder | Promise<Holder> {
    const hash = hashSecret(secret);
    if (hash === adminHash) return firstAdmin;
    const cached = known.get(hash);
    if (cached && cached.until > clock.monotonic()) return cached.holder ?? refuse();
    return store.findByHash(hash).then((token) => remember(hash, token));
  }
  return {
    async required() {
      // SLIPWAY_TOKEN is also what the command line uses: a token that is stored keeps the scope that it was made with.
      if (adminHash !== null && (await store.findByHash(adminHash)) !== null) adminHash = null;
      return adminHash !== null || (await store.list()).some((token) => token.revokedAt === null);
    },
    authorize(authorization, wanted) {
      const holder = findHolder(parseSecret(authorization));
      return holder instanceof Promise
        ? holder.then((found) => admission.admit(found, wanted))
        : admission.admit(holder, wanted);
    },
    hasRate(authorization) {
      try {
        const holder = findHolder(parseSecret(authorization));
        if (!(holder instanceof Promise)) return holder.limit !== null;
        return holder.then(
          ({ limit }) => limit !== null,
          () => false,
        );
      } catch {
        return false;
      }
    },
    refusedOverRate: () => admission.refused,
    async createToken({ user, scope, rate = null }, { actor } = { actor: null }) {
      const secret = createSecret();
      const token: Token = { id: createId(), user, scope, rate, createdAt: clock.now(), revokedAt: null };
      const details = { user, scope, ...(rate === null ? {} : { rate: toRateText(rate), burst: rate.burst }) };
      await tx(async (trx) => {
        await createTokenStore(trx).insert(token, hashSecret(secret));
        await appendAudit(trx, { at: token.createdAt, actor, action: "token.create", subject: token.id, details });
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
      admission.forget(id);
    },
  };
}

function refuse(): never {
  throw new SlipwayError("unauthenticated", "This token is not known here or was revoked.");
}
