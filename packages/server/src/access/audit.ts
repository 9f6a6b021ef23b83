import type { Page } from "../kernel/page.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { AuditEvent, AuditQuery } from "./audit-event.ts";
import { listAudit, type AccessTables } from "./store.ts";

/** The audit trail: events are appended by `appendAudit` in the transaction of the change that they tell of, and stay. */
export interface Audit {
  /** Newest first. */
  list(query: AuditQuery): Promise<Page<AuditEvent>>;
}

export function createAudit({ sql }: { readonly sql: Sql }): Audit {
  const { db } = sql.as<AccessTables>();
  return { list: (query) => listAudit(db, query) };
}
