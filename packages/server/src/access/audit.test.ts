import { expect, test } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { migrate } from "../platform/sql/index.ts";
import { describeStores } from "../platform/sql/testing/describe-stores.ts";
import { accessMigrations, appendAudit, createAccess, createAudit } from "./index.ts";
import type { AccessTables } from "./store.ts";

describeStores("the audit trail", (open) => {
  test("has every token that was made and revoked, newest first, page by page", async () => {
    const sql = await open();
    await migrate(sql, accessMigrations);
    const access = createAccess({ sql, clock: systemClock, adminToken: null });
    const audit = createAudit({ sql });
    const { token } = await access.createToken({ user: "ann", scope: "deploy" }, { actor: "root" });
    await access.revokeToken(token.id, { actor: "bob" });
    await expect(access.revokeToken(token.id)).rejects.toMatchObject({ code: "not_found" });
    const first = await audit.list({ limit: 1, cursor: null });
    expect(first.items).toMatchObject([{ actor: "bob", action: "token.revoke", subject: token.id, details: {} }]);
    const second = await audit.list({ limit: 1, cursor: first.next });
    expect(second).toMatchObject({ items: [{ actor: "root", action: "token.create" }], next: null });
    expect(second.items[0]!.details).toEqual({ user: "ann", scope: "deploy" });
  });

  test("is filtered by subject, action, noun, actor and time", async () => {
    const sql = await open();
    await migrate(sql, accessMigrations);
    const audit = createAudit({ sql });
    const event = { actor: null, details: {} };
    await sql.tx(async (trx) => {
      await appendAudit(trx, { ...event, at: 1, action: "alias.set", subject: "m@champion" });
      await appendAudit(trx, { ...event, at: 2, action: "alias.delete", subject: "m@champion", actor: "ann" });
      await appendAudit(trx, { ...event, at: 3, action: "version.create", subject: "m@1" });
    });
    const count = async (query: object) => (await audit.list({ limit: 10, cursor: null, ...query })).items.length;
    expect(await count({})).toBe(3);
    expect(await count({ action: "alias" })).toBe(2);
    expect(await count({ action: "alias.set" })).toBe(1);
    expect(await count({ action: "ali" })).toBe(0);
    expect(await count({ subject: "m@1" })).toBe(1);
    expect(await count({ actor: "ann" })).toBe(1);
    expect(await count({ since: 2 })).toBe(2);
  });

  test("goes with the change that it tells of", async () => {
    const sql = await open();
    await migrate(sql, accessMigrations);
    const failing = sql.tx(async (trx) => {
      await appendAudit(trx, { at: 1, actor: null, action: "alias.set", subject: "m@a", details: {} });
      throw new Error("the change failed");
    });
    await expect(failing).rejects.toThrow("the change failed");
    expect((await createAudit({ sql }).list({ limit: 10, cursor: null })).items).toEqual([]);
  });

  test("cannot be changed or shortened, also by SQL", async () => {
    const sql = await open();
    await migrate(sql, accessMigrations);
    await sql.tx((trx) => appendAudit(trx, { at: 1, actor: null, action: "alias.set", subject: "m@a", details: {} }));
    const { db } = sql.as<AccessTables>();
    await expect(db.updateTable("audit_events").set({ actor: "me" }).execute()).rejects.toThrow();
    await expect(db.deleteFrom("audit_events").execute()).rejects.toThrow();
    expect((await createAudit({ sql }).list({ limit: 10, cursor: null })).items).toMatchObject([{ actor: null }]);
  });
});
