import { sql as raw } from "kysely";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { describeStores } from "./testing/describe-stores.ts";

const first: Migration = {
  id: "things-001",
  up: (db) => db.schema.createTable("things").addColumn("id", "text").execute(),
};
const second: Migration = {
  id: "things-002",
  up: async (db) => void (await db.insertInto("things").values({ id: "seed" }).execute()),
};
const broken: Migration = {
  id: "things-003",
  up: async (db) => {
    await db.insertInto("things").values({ id: "half" }).execute();
    await raw`select nothing from nowhere`.execute(db);
  },
};

describeStores("migrations", (open) => {
  test("run once, in order, and only what is missing", async () => {
    const sql = await open();
    expect(await migrate(sql, [first])).toEqual(["things-001"]);
    expect(await migrate(sql, [first, second], { ...systemClock, now: () => 5 })).toEqual(["things-002"]);
    expect(await migrate(sql, [first, second])).toEqual([]);
    expect(await sql.db.selectFrom("things").selectAll().execute()).toEqual([{ id: "seed" }]);
    const noted = await sql.db.selectFrom("slipway_migrations").selectAll().where("id", "=", "things-002").execute();
    expect(noted).toEqual([{ id: "things-002", applied_at: 5 }]);
  });

  test("a step that fails leaves nothing behind and is tried again", async () => {
    const sql = await open();
    await expect(migrate(sql, [first, second, broken])).rejects.toThrow();
    expect(await sql.db.selectFrom("things").selectAll().execute()).toEqual([{ id: "seed" }]);
    expect(await migrate(sql, [first, second, { ...broken, up: async () => {} }])).toEqual(["things-003"]);
  });

  test("a database that has seen more is refused by name", async () => {
    const sql = await open();
    await migrate(sql, [first, second]);
    const error = await migrate(sql, [first]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "data_folder_newer", details: { unknown: ["things-002"] } });
  });
});
