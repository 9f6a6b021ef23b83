import { expect, test } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { migrate, openSqlite } from "../platform/sql/index.ts";
import { accessMigrations, allows, createAccess } from "./index.ts";

async function openAccess(adminToken: string | null) {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, accessMigrations);
  return { sql, access: createAccess({ sql, clock: systemClock, adminToken }) };
}

test("a stored token keeps its scope when it is also the first admin token", async () => {
  const { sql, access } = await openAccess(null);
  const { secret } = await access.createToken("app", "infer");
  const again = createAccess({ sql, clock: systemClock, adminToken: secret });
  expect(await again.required()).toBe(true);
  expect(await again.authenticate(secret)).toEqual(expect.objectContaining({ user: "app", scope: "infer" }));
  await sql.close();
});

test("the first admin token is admin, an unknown one is refused, a revoked one too", async () => {
  const { sql, access } = await openAccess("first");
  expect(await access.required()).toBe(true);
  expect(await access.authenticate("first")).toEqual({ user: "admin", scope: "admin" });
  await expect(async () => access.authenticate("other")).rejects.toMatchObject({ code: "unauthenticated" });
  const { token, secret } = await access.createToken("ann", "deploy");
  expect(await access.authenticate(secret)).toMatchObject({ user: "ann", scope: "deploy" });
  await access.revokeToken(token.id);
  await expect(async () => access.authenticate(secret)).rejects.toMatchObject({ code: "unauthenticated" });
  await expect(access.revokeToken(token.id)).rejects.toMatchObject({ code: "not_found" });
  await sql.close();
});

test("without tokens none is required", async () => {
  const { sql, access } = await openAccess(null);
  expect(await access.required()).toBe(false);
  await sql.close();
});

test("reading and predicting are different rights; deploy has both, admin has all", () => {
  const matrix = (["infer", "read", "deploy", "admin"] as const).map((scope) =>
    (["infer", "read", "deploy", "admin"] as const).map((wanted) => (allows(scope, wanted) ? 1 : 0)).join(""),
  );
  expect(matrix).toEqual(["1000", "0100", "1110", "1111"]);
});
