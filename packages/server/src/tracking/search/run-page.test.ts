import { expect, test } from "vitest";
import { migrate, type Kysely } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { trackingMigrations } from "../migrations.ts";
import type * as module from "../tracking-tasks.ts";
import { createSearch } from "./search.ts";
import { goldens } from "./testing/goldens.ts";
import { insertRuns, searched } from "./testing/insert-goldens.ts";

describeStores("a page of runs", (open) => {
  test("shows each run as it is shown alone, and their datasets each once for each context", async () => {
    const sql = await open();
    await migrate(sql, trackingMigrations);
    await insertRuns(sql);
    const insert = async (table: string, rows: readonly object[]) =>
      (sql.db as Kysely<Record<string, never>>).insertInto(table).values(rows).execute();
    await insert("params", [{ run_n: 1, key: 'odd "key"', value: 'line\nbreak \\ \u0001 "quoted" ä 😀 \u2028' }]);
    const point = { run_n: 1, experiment_id: searched, is_nan: 0, timestamp: 1_790_000_000_123, step: -5 };
    await insert("latest_metrics", [{ ...point, key: "fine", n: 9001, value: 0.1 + 0.2 }]);
    await insert("run_outputs", [{ run_n: 1, model_id: "m-1", step: 3 }]);
    await insert("run_model_inputs", [{ run_n: 2, model_id: "m-2" }]);
    const tasks = sql.tasks<typeof module>(new URL("../tracking-tasks.ts", import.meta.url));
    const search = createSearch({ tasks });
    const bytes = await search.runs({ experimentIds: [`${searched}`], view: "ALL" });
    const { runs } = JSON.parse(new TextDecoder().decode(bytes)) as { runs: { info: { run_id: string } }[] };
    const parse = (each: Uint8Array) => (JSON.parse(new TextDecoder().decode(each)) as { run: unknown }).run;
    const alone = await Promise.all(
      runs.map(async ({ info }) => parse(await tasks.read("getRun", { id: info.run_id }))),
    );
    expect(runs).toEqual(alone);
    expect(runs).toHaveLength(goldens("runs").length);
    const of = { experiment_id: `${searched}` };
    const found = await search.datasets([`${searched}`, "12345"]);
    expect(found).toHaveLength(5);
    expect(found).toEqual(
      expect.arrayContaining([
        { ...of, name: "Iris", digest: "d1", context: "Train" },
        { ...of, name: "iris", digest: "d1", context: "train" },
        { ...of, name: "iris", digest: "d2", context: "test" },
        { ...of, name: "wine", digest: "d3" },
        { ...of, name: "wine", digest: "d3", context: "test" },
      ]),
    );
    await expect(search.datasets([])).rejects.toThrow("at least one experiment_id");
  });

  test("of more than fit into one statement keeps the order", async () => {
    const sql = await open();
    await migrate(sql, trackingMigrations);
    const run = { experiment_id: 0, name: "r", user_id: "", status: "RUNNING", lifecycle: "active", artifact_uri: "" };
    const rows = Array.from({ length: 700 }, (_, i) => ({
      ...run,
      n: i + 1,
      id: `run-${i}`,
      start_time: (i * 7919) % 700,
    }));
    for (const half of [rows.slice(0, 350), rows.slice(350)])
      await (sql.db as Kysely<Record<string, never>>).insertInto("runs").values(half).execute();
    const search = createSearch({ tasks: sql.tasks<typeof module>(new URL("../tracking-tasks.ts", import.meta.url)) });
    const bytes = await search.runs({ experimentIds: ["0"], orderBy: ["start_time ASC"] });
    const { runs } = JSON.parse(new TextDecoder().decode(bytes)) as { runs: { info: { start_time: number } }[] };
    expect(runs.map(({ info }) => info.start_time)).toEqual(Array.from({ length: 700 }, (_, i) => i));
    for (const maxResults of [0, -1, 50_001])
      await expect(search.runs({ experimentIds: ["0"], maxResults })).rejects.toMatchObject({
        code: "invalid_request",
      });
    const page = JSON.parse(new TextDecoder().decode(await search.runs({ experimentIds: ["0"], maxResults: 1 })));
    const other = search.runs({ experimentIds: ["0"], orderBy: ["end_time"], pageToken: page.next_page_token });
    await expect(other).rejects.toThrow("does not match the requested order");
    const everywhere = Array.from({ length: 40_000 }, (_, i) => `${i}`);
    const all = JSON.parse(
      new TextDecoder().decode(await search.runs({ experimentIds: everywhere, filter: "status = 'RUNNING'" })),
    );
    expect(all.runs).toHaveLength(700);
    const sparse = everywhere.map((_, i) => `${i * 2}`);
    await expect(search.runs({ experimentIds: sparse })).rejects.toThrow("40000 ids are too many");
    expect((await search.runs({ experimentIds: sparse.slice(0, 9000), maxResults: 5 })).length).toBeGreaterThan(100);
    await expect(search.runs({ experimentIds: ["x"] })).rejects.toThrow("Invalid experiment ID 'x'");
  });
});
