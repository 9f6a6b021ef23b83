/** What the callers of SQL may decide upon, the same for every database. */
export type SqlErrorKind = "busy" | "unique" | "foreign_key" | "full" | "other";

/** A statement failed. The message is the database's own and stays inside the server. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly kind: SqlErrorKind;
  readonly sql: string;

  constructor(kind: SqlErrorKind, message: string, sql: string) {
    super(`${message} (in: ${sql.length > 500 ? `${sql.slice(0, 500)}…` : sql})`);
    this.kind = kind;
    this.sql = sql;
  }
}

/** True where a row with this key exists already. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof SqlError && error.kind === "unique";
}

/** https://sqlite.org/rescode.html: the low byte is the primary code. */
export function sqliteErrorKind(errcode: number | undefined): SqlErrorKind {
  if (errcode === 2067 || errcode === 1555) return "unique";
  if (errcode === 787) return "foreign_key";
  switch ((errcode ?? 0) & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return "busy";
    case 13:
      return "full";
    default:
      return "other";
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function postgresErrorKind(sqlState: string | undefined): SqlErrorKind {
  switch (sqlState) {
    case "23505":
      return "unique";
    case "23503":
      return "foreign_key";
    case "40001": // serialization_failure
    case "40P01": // deadlock_detected
    case "55P03": // lock_not_available
      return "busy";
    case "53100":
      return "full";
    default:
      return "other";
  }
}
