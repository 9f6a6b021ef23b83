import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createAccess, parseRate, parseScope, parseUser, type Access, type Token } from "../access/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { migrations } from "../app/storage.ts";
import { migrate, openDataFolder, openSqlite } from "../platform/sql/index.ts";

export interface TokenOptions {
  /** The data folder; a server may be using it at the same time. */
  readonly data: string;
}

/** Works on the data folder itself, so that the first token can be made before any server runs. */
async function withAccess<T>({ data }: TokenOptions, use: (access: Access) => Promise<T>): Promise<T> {
  const folder = resolve(data);
  await openDataFolder(folder, systemClock);
  const sql = await openSqlite({ path: join(folder, "slipway.db"), readers: 1 });
  try {
    await migrate(sql, migrations, systemClock);
    return await use(createAccess({ sql, clock: systemClock, adminToken: null }));
  } finally {
    await sql.close();
  }
}

export interface NewToken {
  readonly user: string;
  readonly scope: string;
  /** `100/s`, `60/m`, `1000/h`; absent: as often as it likes. */
  readonly rate?: string | undefined;
  /** How many may come at once; absent: the number of the rate. */
  readonly burst?: string | undefined;
}

/** The secret is in this answer and nowhere else. @throws SlipwayError `invalid_request` */
export async function createToken(options: TokenOptions & NewToken): Promise<{ token: Token; secret: string }> {
  const [user, scope] = [parseUser(options.user), parseScope(options.scope)];
  if (options.rate === undefined && options.burst !== undefined)
    throw new SlipwayError("invalid_request", "A burst goes with a rate: give --rate, too.");
  const rate = options.rate === undefined ? null : parseRate(options.rate, options.burst);
  return withAccess(options, (access) => access.createToken({ user, scope, rate }, localActor()));
}

export function listTokens(options: TokenOptions): Promise<readonly Token[]> {
  return withAccess(options, (access) => access.listTokens());
}

/** A running server refuses it within five seconds. @throws SlipwayError `not_found` */
export function revokeToken(options: TokenOptions & { readonly id: string }): Promise<void> {
  if (options.id === "")
    throw new SlipwayError("invalid_request", "Name the token to revoke; `slipway token list` shows them.");
  return withAccess(options, (access) => access.revokeToken(options.id, localActor()));
}

/** Who works on the data folder: the user of this machine, told apart from the users of tokens. */
function localActor(): { readonly actor: string | null } {
  try {
    return { actor: `local:${userInfo().username}` };
  } catch {
    return { actor: null };
  }
}
