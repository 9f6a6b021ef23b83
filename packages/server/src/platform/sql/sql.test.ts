import { sql as raw } from "kysely";
import { expect, test } from "vitest";
import { isUniqueViolation, SqlError } from "./sql-error.ts";
import type { Sql } from "./sql.ts";
import { describeStores } from "./testing/describe-stores.ts";

interface Tables {
  things: { id: string; n: number | null; x: number | null; flag: number | null; bytes: Uint8Array | null };
}

async function withThings(open: () => Promise<Sql>): Promise<Sql<Tables>> {
  const sql = await open();
  await sql.db.schema
    .createTable("things")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("n", "bigint")
    .addColumn("x", "double precision")
    .addColumn("flag", "integer")
    .addColumn("bytes", sql.dialect === "sqlite" ? "blob" : "bytea")
    .execute();
  return sql.as<Tables>();
}

const empty = { n: null, x: null, flag: null, bytes: null };

describeStores("the SQL port", (open) => {
  test("gives back what it took", async () => {
    const { db } = await withThings(open);
    const rows = [
      { ...empty, id: "a", n: Number.MAX_SAFE_INTEGER, x: 0.1 },
      { ...empty, id: "b", n: -1, x: 3, bytes: Uint8Array.of(0, 255) },
      { ...empty, id: "c 'quoted' ünï", flag: 1 },
    ];
    const inserted = await db.insertInto("things").values(rows).executeTakeFirst();
    expect(inserted.numInsertedOrUpdatedRows).toBe(3n);
    const found = await db.selectFrom("things").selectAll().orderBy("id").execute();
    expect(found.map((row) => ({ ...row, bytes: row.bytes && Uint8Array.from(row.bytes) }))).toEqual(rows);
  });

  test("turns booleans, dates and bigints into numbers", async () => {
    const { db } = await withThings(open);
    const odd = { ...empty, id: "a", flag: true, n: new Date(1234), x: 7n };
    await db
      .insertInto("things")
      .values(odd as never)
      .execute();
    expect(await db.selectFrom("things").selectAll().execute()).toEqual([
      { ...empty, id: "a", flag: 1, n: 1234, x: 7 },
    ]);
  });

  test("refuses what would come back changed", async () => {
    const { db } = await withThings(open);
    for (const value of [2 ** 53, 2n ** 60n, Number.NaN, Infinity, {}])
      await expect(
        db
          .insertInto("things")
          .values({ ...empty, id: "a", n: value as number })
          .execute(),
      ).rejects.toThrow("parameter");
    const tooLarge = raw<{ n: number }>`select cast(9007199254740993 as bigint) as n`.execute(db);
    await expect(tooLarge).rejects.toThrow("too large");
  });

  test("divides whole numbers as whole numbers", async () => {
    const { db } = await withThings(open);
    await db
      .insertInto("things")
      .values({ ...empty, id: "a", n: 7 })
      .execute();
    const rows = await db
      .selectFrom("things")
      .select(({ eb, fn }) => [eb("n", "/", 2).as("half"), fn.countAll<number>().over().as("all")])
      .execute();
    expect(rows).toEqual([{ half: 3, all: 1 }]);
  });

  test("counts the rows that a write touched, with and without returning", async () => {
    const { db } = await withThings(open);
    await db
      .insertInto("things")
      .values([1, 2, 3].map((n) => ({ ...empty, id: `${n}`, n })))
      .execute();
    const updated = await db.updateTable("things").set({ flag: 1 }).where("n", ">", 1).executeTakeFirst();
    expect(updated.numUpdatedRows).toBe(2n);
    const returned = await db.deleteFrom("things").where("n", "=", 3).returning("id").execute();
    expect(returned).toEqual([{ id: "3" }]);
    expect((await db.deleteFrom("things").where("n", "=", 9).executeTakeFirst()).numDeletedRows).toBe(0n);
  });

  test("names a unique violation", async () => {
    const { db } = await withThings(open);
    const insert = () =>
      db
        .insertInto("things")
        .values({ ...empty, id: "a" })
        .execute();
    await insert();
    const error = await insert().catch((caught: unknown) => caught);
    expect(isUniqueViolation(error)).toBe(true);
    const other = await raw`select nothing from nowhere`.execute(db).catch((caught: unknown) => caught);
    expect(other).toBeInstanceOf(SqlError);
    expect(isUniqueViolation(other)).toBe(false);
  });

  test("commits a transaction whole or not at all", async () => {
    const { db, tx } = await withThings(open);
    const failed = tx(async (trx) => {
      await trx
        .insertInto("things")
        .values({ ...empty, id: "a" })
        .execute();
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    expect(await db.selectFrom("things").selectAll().execute()).toEqual([]);
    const given = await tx(async (trx) => {
      await trx
        .insertInto("things")
        .values({ ...empty, id: "a" })
        .execute();
      return (await trx.selectFrom("things").select("id").execute()).length;
    });
    expect(given).toBe(1);
    expect(await db.selectFrom("things").select("id").execute()).toEqual([{ id: "a" }]);
  });

  test("runs transactions one after the other and lets no write in between", async () => {
    const { db, tx } = await withThings(open);
    await db
      .insertInto("things")
      .values({ ...empty, id: "a", n: 0 })
      .execute();
    const increment = () =>
      tx(async (trx) => {
        const { n } = await trx.selectFrom("things").select("n").executeTakeFirstOrThrow();
        await trx
          .updateTable("things")
          .set({ n: n! + 1 })
          .execute();
      });
    const bump = () =>
      db
        .updateTable("things")
        .set(({ eb }) => ({ n: eb("n", "+", 1) }))
        .execute();
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? increment() : bump())));
    expect(await db.selectFrom("things").select("n").execute()).toEqual([{ n: 20 }]);
  });

  test("every read that starts after a write was answered sees it", async () => {
    const { db } = await withThings(open);
    for (let n = 1; n <= 50; n++) {
      await db
        .insertInto("things")
        .values({ ...empty, id: `${n}` })
        .execute();
      const reads = [1, 2, 3].map(() => db.selectFrom("things").select("id").execute());
      for (const rows of await Promise.all(reads)) expect(rows.length).toBe(n);
    }
  });

  test("refuses to wait for itself: the database beside an open transaction", async () => {
    const { db, tx } = await withThings(open);
    await expect(tx(() => db.selectFrom("things").select("id").execute())).rejects.toThrow("Inside tx");
    await expect(tx(() => tx(async () => 1))).rejects.toThrow("Inside tx");
    expect(await db.selectFrom("things").select("id").execute()).toEqual([]);
  });

  test("runs a transaction again where the database was busy, and gives up at last", async () => {
    const { tx } = await withThings(open);
    let attempts = 0;
    const busyOnce = tx(async () => {
      if (++attempts === 1) throw new SqlError("busy", "database is locked", "update");
      return attempts;
    });
    expect(await busyOnce).toBe(2);
    const busyAlways = tx(async () => Promise.reject(new SqlError("busy", "database is locked", "update")));
    await expect(busyAlways).rejects.toMatchObject({ code: "conflict" });
  });

  test("refuses two statements in one", async () => {
    const { db } = await withThings(open);
    await expect(raw`delete from things; delete from things`.execute(db)).rejects.toThrow();
    await raw`delete from things ; `.execute(db);
  });

  test("sees columns that were added after a statement was prepared", async () => {
    const { db } = await withThings(open);
    await db
      .insertInto("things")
      .values({ ...empty, id: "a" })
      .execute();
    const all = () => db.selectFrom("things").selectAll().execute();
    await all();
    await db.schema.alterTable("things").addColumn("late", "text").execute();
    expect(Object.keys((await all())[0]!)).toContain("late");
  });
});
