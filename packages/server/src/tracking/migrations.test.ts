import { expect, test } from "vitest";
import { migrate, raw } from "../platform/sql/index.ts";
import { describeStores } from "../platform/sql/testing/describe-stores.ts";
import { trackingMigrations } from "./index.ts";

describeStores("the tables of tracking", (open) => {
  test("hold the experiment Default from the first start on, and one active experiment of a name", async () => {
    const { db, ...sql } = await open();
    await migrate({ db, ...sql }, trackingMigrations);
    const { rows } = await raw`select id, name, lifecycle from experiments`.execute(db);
    expect(rows).toEqual([{ id: 0, name: "Default", lifecycle: "active" }]);
    const add = (id: number, lifecycle: string) =>
      raw`insert into experiments (id, name, artifact_location, lifecycle, creation_time, last_update_time)
        values (${id}, 'Default', '', ${lifecycle}, 0, 0)`.execute(db);
    await add(1, "deleted");
    await expect(add(2, "active")).rejects.toMatchObject({ kind: "unique" });
  });
});
