import { expect, test } from "vitest";
import { describeStores } from "./testing/describe-stores.ts";
import type * as counting from "./testing/counting-tasks.ts";
import type { Sql } from "./sql.ts";
import { WriteQueue } from "./write-queue.ts";

const module = new URL("./testing/counting-tasks.ts", import.meta.url);

async function openPoints(open: () => Promise<Sql>) {
  const sql = await open();
  await sql.db.schema
    .createTable("points")
    .addColumn("n", "bigint", (column) => column.primaryKey().notNull())
    .addColumn("value", "double precision", (column) => column.notNull())
    .execute();
  return { sql, tasks: sql.tasks<typeof counting>(module) };
}

describeStores("tasks", (open) => {
  test("are seen by whoever reads after their answer, and give numbers and bytes", async () => {
    const { sql, tasks } = await openPoints(open);
    expect(await tasks.write("addPoint", { n: 1 })).toEqual({ n: 1 });
    expect(await tasks.write("returnPoint", { n: 2 })).toEqual([{ n: 2 }]);
    expect(await tasks.read("countPoints", { from: 2 })).toEqual({ count: 1, again: 1 });
    expect(new TextDecoder().decode(await tasks.read("renderPoints", { from: 1 }))).toBe("[1,2]");
    expect(await sql.db.selectFrom("points").select("value").where("n", "=", 2).execute()).toEqual([{ value: 1e17 }]);
  });

  test("that come together each succeed or fail for themselves", async () => {
    const { tasks } = await openPoints(open);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => tasks.write("addPoint", { n: n % 30, fail: n % 10 === 3 })),
    );
    const done = outcomes.filter(({ status }) => status === "fulfilled");
    expect(done).toHaveLength(27);
    expect(await tasks.read("countPoints", { from: 0 })).toEqual({ count: 27, again: 27 });
    expect(outcomes[3]).toMatchObject({ reason: { code: "already_exists", details: { n: 3 } } });
    expect(outcomes[30]).toMatchObject({ reason: { name: "SqlError", kind: "unique" } });
  });

  test("of a name that the module does not have fail", async () => {
    const { tasks } = await openPoints(open);
    await expect(tasks.read("notTask" as "countPoints", { from: 0 })).rejects.toThrow("has no task notTask");
  });

  test("and transactions do not get into each other", async () => {
    const { sql, tasks } = await openPoints(open);
    const undone = sql.tx(async (trx) => {
      await trx.insertInto("points").values({ n: 1, value: 1 }).execute();
      await trx.selectFrom("points").selectAll().execute();
      throw new Error("undone");
    });
    const outcomes = await Promise.allSettled([
      undone,
      ...[2, 3, 4].map((n) => tasks.write("addPoint", { n })),
      tasks.write("addPoint", { n: Number.NaN }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    expect(await tasks.read("countPoints", { from: 0 })).toEqual({ count: 3, again: 3 });
  });
});

test("writes that come while another commits share the next commit", async () => {
  const commits: number[] = [];
  const gate = Promise.withResolvers<void>();
  const queue = new WriteQueue({
    acquire: async () => () => {},
    async run(calls) {
      commits.push(calls.length);
      await gate.promise;
      return calls.map(({ input }) => ({ output: input }));
    },
  });
  const calls = Array.from({ length: 300 }, (_, input) => queue.push({ module: "", name: "", input }));
  gate.resolve();
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 300 }, (_, input) => input));
  expect(commits.reduce((sum, count) => sum + count, 0)).toBe(300);
  expect(commits.length).toBeLessThanOrEqual(3);
});
