export { createAccess, type Access, type AccessDeps } from "./access.ts";
export { accessMigrations } from "./migrations.ts";
export { allows, parseScope, parseUser, type Principal, type Token, type TokenScope } from "./token.ts";
