import { expect, test } from "vitest";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { migrate, openSqlite } from "../platform/sql/index.ts";
import { accessMigrations, allows, createAccess, parseRate } from "./index.ts";

const infer = { scope: "infer", what: "POST /x" } as const;

async function openAccess(adminToken: string | null, clock: Clock = systemClock) {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, accessMigrations);
  return { sql, access: createAccess({ sql, clock, adminToken }) };
}

test("a stored token keeps its scope when it is also the first admin token", async () => {
  const { sql, access } = await openAccess(null);
  const { secret } = await access.createToken({ user: "app", scope: "infer" });
  const again = createAccess({ sql, clock: systemClock, adminToken: secret });
  expect(await again.required()).toBe(true);
  expect(await again.authorize(`Bearer ${secret}`, infer)).toEqual(
    expect.objectContaining({ user: "app", scope: "infer" }),
  );
  await sql.close();
});

test("the first admin token is admin, an unknown one is refused, a revoked one too", async () => {
  const { sql, access } = await openAccess("first");
  expect(await access.required()).toBe(true);
  expect(await access.authorize("Bearer first", infer)).toEqual({ user: "admin", scope: "admin" });
  await expect(async () => access.authorize("Bearer other", infer)).rejects.toMatchObject({ code: "unauthenticated" });
  const { token, secret } = await access.createToken({ user: "ann", scope: "deploy" });
  expect(await access.authorize(`Bearer ${secret}`, infer)).toMatchObject({ user: "ann", scope: "deploy" });
  await access.revokeToken(token.id);
  await expect(async () => access.authorize(`Bearer ${secret}`, infer)).rejects.toMatchObject({
    code: "unauthenticated",
  });
  await expect(access.revokeToken(token.id)).rejects.toMatchObject({ code: "not_found" });
  await sql.close();
});

test("a rate is for what needs infer, holds in every five seconds of trust, and ends with the token", async () => {
  let ms = 0;
  const { sql, access } = await openAccess(null, { ...systemClock, monotonic: () => ms });
  const { token, secret } = await access.createToken({ user: "shop", scope: "deploy", rate: parseRate("2/m", "3") });
  const ask = async (scope: "infer" | "read") => access.authorize(`Bearer ${secret}`, { scope, what: "POST /x" });
  for (let i = 0; i < 3; i++) expect(await ask("infer")).toEqual({ user: "shop", scope: "deploy" });
  await expect(ask("infer")).rejects.toMatchObject({
    code: "rate_limited",
    message: expect.stringMatching(/shop may make 2 requests a minute, 3 at once, .* in 30000 ms/),
    details: { rate: "2/m", burst: 3, retry_after_ms: 30_000 },
  });
  expect(await ask("read")).toMatchObject({ user: "shop" });
  // What is known of the token was forgotten and read again meanwhile, twice; its bucket was not.
  ms = 6_000;
  await expect(ask("infer")).rejects.toMatchObject({ details: { retry_after_ms: 24_000 } });
  ms = 30_000;
  expect(await ask("infer")).toMatchObject({ user: "shop" });
  await expect(ask("infer")).rejects.toMatchObject({ code: "rate_limited" });
  await access.revokeToken(token.id);
  await expect(ask("infer")).rejects.toMatchObject({ code: "unauthenticated" });
  await sql.close();
});

test("one token's rate is not another's, and without one there is none", async () => {
  const { sql, access } = await openAccess("first", { ...systemClock, monotonic: () => 0 });
  const rate = parseRate("1/s");
  const a = await access.createToken({ user: "a", scope: "infer", rate });
  const b = await access.createToken({ user: "a", scope: "infer", rate });
  const free = await access.createToken({ user: "a", scope: "infer" });
  const ask = async (secret: string) => access.authorize(`Bearer ${secret}`, infer);
  await ask(a.secret);
  await expect(ask(a.secret)).rejects.toMatchObject({ code: "rate_limited" });
  for (const secret of [b.secret, "first", "first", free.secret, free.secret]) await ask(secret);
  await sql.close();
});

test("who is known is let in without a promise, rate or not", async () => {
  const { sql, access } = await openAccess(null);
  const { secret } = await access.createToken({ user: "shop", scope: "infer", rate: parseRate("100/s") });
  expect(access.authorize(`Bearer ${secret}`, infer)).toBeInstanceOf(Promise);
  await access.authorize(`Bearer ${secret}`, infer);
  expect(access.authorize(`Bearer ${secret}`, infer)).toEqual({ user: "shop", scope: "infer" });
  await sql.close();
});

test("without tokens none is required", async () => {
  const { sql, access } = await openAccess(null);
  expect(await access.required()).toBe(false);
  await sql.close();
});

test("reading and predicting are different rights; who tracks reads, deploy has all three, admin has all", () => {
  const scopes = ["infer", "read", "track", "deploy", "admin"] as const;
  const matrix = scopes.map((scope) => scopes.map((wanted) => (allows(scope, wanted) ? 1 : 0)).join(""));
  expect(matrix).toEqual(["10000", "01000", "01100", "11110", "11111"]);
});

test("a token is let in as Bearer and as Basic: the password, or the user where there is none", async () => {
  const { sql, access } = await openAccess("first");
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
  for (const header of ["Bearer first", basic("ann:first"), basic("first:"), basic(":first"), basic("first")])
    expect(access.authorize(header, infer), header).toMatchObject({ user: "admin" });
  for (const header of [undefined, "", basic(""), basic(":"), basic("first:other"), "Basic !", "Digest first", "first"])
    await expect(async () => access.authorize(header, infer), header).rejects.toMatchObject({
      code: "unauthenticated",
    });
  await sql.close();
});
