import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { createBucket, describeRate, toRateText, type Bucket, type Rate } from "./rate.ts";
import { allows, type Principal, type Token, type TokenScope } from "./token.ts";

/** What a request needs to be let in. */
export interface Wanted {
  readonly scope: TokenScope;
  /** What it does, for the message of a refusal: `POST /v2/models/:name/infer`. */
  readonly what: string;
}

/** A token as it is remembered. */
export interface Holder {
  readonly principal: Principal;
  readonly limit: { readonly rate: Rate; readonly bucket: Bucket } | null;
}

/** Whether who holds a token may do what he asks, now. */
export interface Admission {
  toHolder(token: Token): Holder;
  /** @throws SlipwayError `forbidden`, `rate_limited` */
  admit(holder: Holder, wanted: Wanted): Principal;
  /** Requests that were refused over the rate of their token, by its user. */
  readonly refused: ReadonlyMap<string, number>;
  /** A token that is no more. */
  forget(id: string): void;
}

export function createAdmission(clock: Clock): Admission {
  /** By the token's id; they outlive what is known of it, or every five seconds would begin with a full one. */
  const buckets = new Map<string, Bucket>();
  const refused = new Map<string, number>();
  return {
    refused,
    forget: (id) => void buckets.delete(id),
    toHolder({ id, user, scope, rate }) {
      const principal = { user, scope };
      if (rate === null) return { principal, limit: null };
      const bucket = buckets.get(id) ?? createBucket(rate);
      buckets.set(id, bucket);
      return { principal, limit: { rate, bucket } };
    },
    admit({ principal, limit }, { scope, what }) {
      if (!allows(principal.scope, scope)) throw forbid(principal, { scope, what });
      if (limit === null || scope !== "infer") return principal;
      const waitMs = limit.bucket.take(clock.monotonic());
      if (waitMs === 0) return principal;
      refused.set(principal.user, (refused.get(principal.user) ?? 0) + 1);
      throw tooOften(principal, limit.rate, waitMs);
    },
  };
}

function forbid(principal: Principal, { scope, what }: Wanted): SlipwayError {
  return new SlipwayError(
    "forbidden",
    `${principal.user} has a token for "${principal.scope}"; ${what} needs "${scope}".`,
    { scope },
  );
}

function tooOften({ user }: Principal, rate: Rate, waitMs: number): SlipwayError {
  const retryAfterMs = Math.ceil(waitMs);
  return new SlipwayError(
    "rate_limited",
    `This token of ${user} may make ${describeRate(rate)}, ${rate.burst} at once, and made more. Try again in ${retryAfterMs} ms, send several rows in one request, or ask for a token with a higher rate.`,
    { rate: toRateText(rate), burst: rate.burst, retry_after_ms: retryAfterMs },
  );
}
