import { createHash } from "node:crypto";
import { SlipwayError } from "@slipway/contract/errors";
import type { Key, KeyPart } from "./keyset.ts";

/** What a token of a page belongs to: it is refused with anything else. */
export interface TokenScope {
  /** runs, experiments, ... */
  readonly what: string;
  /** What the place in the token means something for: the order, and what else shall stay the same. */
  readonly query: unknown;
  /** Of the terms of the order. */
  readonly types: readonly ("text" | "number")[];
}

/** The place behind the last row of a page. Clients see letters and digits. */
export function encodePageToken(scope: TokenScope, key: Key): string {
  return Buffer.from(JSON.stringify([digest(scope), key])).toString("base64url");
}

/** @throws SlipwayError `invalid_request` */
export function decodePageToken(scope: TokenScope, token: string | null): Key | null {
  if (token === null || token === "") return null;
  const parsed = parseToken(token);
  if (!Array.isArray(parsed) || parsed.length !== 2 || typeof parsed[0] !== "string")
    throw wrongToken("it is none that this server gave out. Begin again without one.");
  if (parsed[0] !== digest(scope))
    throw wrongToken(
      `it does not match the requested ${scope.what}. Ask for the next page with the same parameters as for the one ` +
        "before, or begin again without a token.",
    );
  if (isKey(parsed[1], scope)) return parsed[1];
  throw wrongToken("it is none that this server gave out. Begin again without one.");
}

function wrongToken(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `Invalid page token: ${why}`);
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return null;
  }
}

function isKey(value: unknown, { types }: TokenScope): value is Key {
  return Array.isArray(value) && value.length === types.length && types.every((type, i) => isPart(value[i], type));
}

function isPart(part: unknown, type: "text" | "number"): part is KeyPart {
  if (!Array.isArray(part) || part.length !== 2 || !Number.isSafeInteger(part[0])) return false;
  const value: unknown = part[1];
  if (value === null) return part[0] > 0;
  return type === "text" ? typeof value === "string" : Number.isFinite(value);
}

function digest({ what, query }: TokenScope): string {
  return createHash("sha256")
    .update(JSON.stringify([what, query]))
    .digest("base64url")
    .slice(0, 12);
}
