export { createAccess, type Access, type AccessDeps } from "./access.ts";
export type { Wanted } from "./admission.ts";
export type { AuditAction, AuditEvent, AuditQuery } from "./audit-event.ts";
export { createAudit, type Audit } from "./audit.ts";
export { accessMigrations } from "./migrations.ts";
export { parseRate, type Rate } from "./rate.ts";
export { appendAudit } from "./store.ts";
export {
  allows,
  isAmbient,
  parseScope,
  parseUser,
  type Principal,
  type Token,
  type TokenOrder,
  type TokenScope,
} from "./token.ts";
