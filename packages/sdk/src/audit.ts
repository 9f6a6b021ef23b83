import type { AuditEvent } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface AuditOptions extends PageOptions, CallOptions {
  /** Exactly this subject: `flight-delay`, `flight-delay@champion`, a token's id. */
  readonly subject?: string | undefined;
  /** One action (`alias.set`), or all of a noun (`alias`). */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  /** RFC 3339, or a duration back from now such as `15m`. */
  readonly since?: string | undefined;
}

export interface AuditClient {
  /** Newest first. Needs an admin token where the server asks for tokens. */
  list(options?: AuditOptions): Promise<Page<AuditEvent>>;
  all(options?: AuditOptions): AsyncGenerator<AuditEvent, void, undefined>;
}

export function createAudit(transport: Transport): AuditClient {
  const list: AuditClient["list"] = ({ limit, cursor, subject, action, actor, since, ...options } = {}) => {
    const query = { limit, cursor, subject, action, actor, since };
    return transport.call({ method: "GET", path: "/api/v1/audit", query, ...options });
  };
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
  };
}
