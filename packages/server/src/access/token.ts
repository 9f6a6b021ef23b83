import { createHash, randomBytes } from "node:crypto";
import { SlipwayError } from "@slipway/contract";
import type { Rate } from "./rate.ts";

const scopes = ["infer", "read", "track", "deploy", "admin"] as const;
export type TokenScope = (typeof scopes)[number];

/**
 * What each scope may do. Reading predictions and predicting are different rights: neither includes the other. Who tracks logs
 * runs and registers versions, and reads; what serves he does not change.
 */
const grants: Readonly<Record<TokenScope, readonly TokenScope[]>> = {
  infer: ["infer"],
  read: ["read"],
  track: ["track", "read"],
  deploy: ["deploy", "track", "read", "infer"],
  admin: ["admin", "deploy", "track", "read", "infer"],
};

export function allows(scope: TokenScope, wanted: TokenScope): boolean {
  return grants[scope].includes(wanted);
}

/** Who a request comes from. */
export interface Principal {
  readonly user: string;
  readonly scope: TokenScope;
}

/** What a new token says. */
export interface TokenOrder extends Principal {
  /** Null or absent: as often as it likes. */
  readonly rate?: Rate | null;
}

export interface Token extends Principal {
  readonly id: string;
  readonly rate: Rate | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** 256 random bits, so a fast hash is enough: there is nothing to guess. */
export function createSecret(): string {
  return `slw_${randomBytes(32).toString("base64url")}`;
}

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/**
 * The secret of an `authorization` header or metadata entry: `Bearer SECRET`, or `Basic` with it as the password, whatever
 * the user is called, or as the user where there is no password.
 * @throws SlipwayError `unauthenticated`
 */
export function parseSecret(authorization: string | undefined): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? "");
  const secret = bearer ? bearer[1]! : parseBasic(authorization);
  if (secret !== "") return secret;
  throw new SlipwayError(
    "unauthenticated",
    'This server needs a token: send "authorization: Bearer TOKEN", or it as the password of Basic authentication, or set SLIPWAY_TOKEN for the command line.',
  );
}

function parseBasic(authorization: string | undefined): string {
  const match = /^Basic\s+([A-Za-z0-9+/_=-]+)\s*$/i.exec(authorization ?? "");
  if (!match) return "";
  const pair = Buffer.from(match[1]!, "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 ? pair : pair.slice(colon + 1) || pair.slice(0, colon);
}

/** Whether a browser may have added it by itself, as it does once somebody has typed it in. */
export function isAmbient(authorization: string | undefined): boolean {
  return authorization !== undefined && /^basic\s/i.test(authorization);
}

/** @throws SlipwayError `invalid_request` */
export function parseScope(text: string): TokenScope {
  const scope = scopes.find((known) => known === text);
  if (scope) return scope;
  throw new SlipwayError(
    "invalid_request",
    `There is no scope ${JSON.stringify(text)}; there are: ${scopes.join(", ")}.`,
  );
}

/** A person or a service, as it stands in the history: 1 to 200 characters without controls. @throws SlipwayError */
export function parseUser(text: string): string {
  if (text.length >= 1 && text.length <= 200 && !/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new SlipwayError("invalid_request", "A user name has 1 to 200 printable characters.");
}
