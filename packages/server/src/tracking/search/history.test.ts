import { expect, test } from "vitest";
import { migrate, raw, type Kysely, type Sql } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { trackingMigrations } from "../migrations.ts";
import type { MetricJson } from "../metrics/point.ts";
import type * as module from "../tracking-tasks.ts";
import { shareStarts } from "./interval.ts";
import { createSearch } from "./search.ts";
import { goldens } from "./testing/goldens.ts";
import { insertRuns } from "./testing/insert-goldens.ts";

interface History {
  readonly metrics?: readonly (MetricJson & { readonly run_id?: string })[];
  readonly next_page_token?: string;
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as History;
const points = (bytes: Uint8Array) => parse(bytes).metrics ?? [];
const [a, b] = goldens("runs").map(({ id }) => id) as [string, string];

/** `acc` of the first golden run has the series 100, of the second one 200. */
async function openHistories(open: () => Promise<Sql>) {
  const sql = await open();
  await migrate(sql, trackingMigrations);
  await insertRuns(sql);
  const tasks = sql.tasks<typeof module>(new URL("../tracking-tasks.ts", import.meta.url));
  return { sql, tasks, search: createSearch({ tasks }) };
}

/** `step` and `timestamp` are SQL of the number `i`, which counts from 0. */
async function insertPoints(
  sql: Sql,
  { series, count, step, timestamp }: { series: number; count: number; step: string; timestamp: string },
): Promise<void> {
  await raw`insert into metrics (series_n, timestamp, step, value, is_nan)
    with recursive numbers (i) as (select 0 union all select i + 1 from numbers where i + 1 < ${raw.lit(count)})
    select ${raw.lit(series)}, ${raw.raw(timestamp)}, ${raw.raw(step)}, i / 2.0, 0 from numbers`.execute(sql.db);
}

describeStores("histories of metrics", (open) => {
  test("come in pages, by time, step and value, each point once and as it was logged", async () => {
    const { sql, search } = await openHistories(open);
    const at = (timestamp: number, step: number, value: number, is_nan = 0) => ({
      series_n: 100,
      timestamp,
      step,
      value,
      is_nan,
    });
    const logged = [at(1, 5, 0.1 + 0.2), at(1, 5, 7), at(1, 6, 0, 1), at(2, -3, Number.MAX_VALUE), at(2, 0, 5e-324)];
    const rows = logged.toReversed();
    await (sql.db as Kysely<Record<string, never>>).insertInto("metrics").values(rows).execute();
    const wanted = logged.map(({ timestamp, step, value, is_nan }) => ({
      key: "acc",
      value: is_nan ? "NaN" : value,
      timestamp,
      step,
    }));
    expect(parse(await search.history({ runId: a, key: "acc" }))).toEqual({ metrics: wanted });
    expect(parse(await search.history({ runId: a, key: "acc", maxResults: 5 }))).toEqual({ metrics: wanted });
    const pages: unknown[] = [];
    for (let token: string | undefined; ;) {
      const page = parse(await search.history({ runId: a, key: "acc", maxResults: 2, pageToken: token }));
      pages.push(...(page.metrics ?? []));
      token = page.next_page_token;
      if (token === undefined) break;
    }
    expect(pages).toEqual(wanted);
    expect(parse(await search.history({ runId: a, key: "missing" }))).toEqual({});
    expect(parse(await search.history({ runId: "none", key: "acc", maxResults: 3 }))).toEqual({});
    await expect(search.history({ runId: a, key: "acc", maxResults: 0 })).rejects.toMatchObject({
      code: "invalid_request",
    });
    const { next_page_token } = parse(await search.history({ runId: a, key: "acc", maxResults: 1 }));
    for (const [key, pageToken] of [
      ["acc", "invalid_token"],
      ["acc", "W10"],
      ["loss", next_page_token],
    ] as const)
      await expect(search.history({ runId: a, key, pageToken })).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("of several runs come one behind the other, and no more than were asked for", async () => {
    const { sql, search } = await openHistories(open);
    for (const series of [100, 200]) await insertPoints(sql, { series, count: 3, step: "i", timestamp: "10 + i" });
    const all = parse(await search.bulkHistory({ runIds: [b, a, b, "none"], key: "acc" })).metrics!;
    const order = [a, b].toSorted();
    expect(all.map(({ run_id, step }) => [run_id, step])).toEqual(
      order.flatMap((id) => [0, 1, 2].map((step) => [id, step])),
    );
    expect(parse(await search.bulkHistory({ runIds: [a, b], key: "acc", maxResults: 4 })).metrics).toEqual(
      all.slice(0, 4),
    );
    expect(parse(await search.bulkHistory({ runIds: [a], key: "none" }))).toEqual({ metrics: [] });
    await expect(search.bulkHistory({ runIds: [], key: "acc" })).rejects.toThrow("at least one run_id");
    const many = Array.from({ length: 101 }, (_, i) => `${i}`);
    await expect(search.bulkHistory({ runIds: many, key: "acc" })).rejects.toThrow("Received 101 run_ids");
    await expect(search.interval({ runIds: many, key: "acc" })).rejects.toThrow("at most 100 run_ids");
  });

  test("are sampled as MLflow samples them: the first of shares that are equal, and the last", async () => {
    const { sql, search } = await openHistories(open);
    await insertPoints(sql, { series: 100, count: 333, step: "(i * 7) % 50", timestamp: "i" });
    await insertPoints(sql, { series: 200, count: 5, step: "i", timestamp: "i" });
    for (const [maxResults, steps] of [
      [10, null],
      [332, null],
      [333, null],
      [2500, null],
      [50, [10, 39]],
    ] as const) {
      const sample = points(
        await search.interval({
          runIds: [a],
          key: "acc",
          maxResults,
          ...(steps && { startStep: steps[0], endStep: steps[1] }),
        }),
      );
      const [from, to] = steps ?? [0, 50];
      const { rows } = await raw<{ step: number; timestamp: number }>`select step, timestamp from
        (select step, timestamp, bucket, row_number() over (partition by bucket order by step, timestamp) as place from
          (select step, timestamp, ntile(${raw.lit(maxResults)}) over (order by step, timestamp) as bucket from metrics
            where series_n = 100 and step between ${raw.lit(from)} and ${raw.lit(to)}) x) y
        where place = 1 order by step, timestamp`.execute(sql.db);
      const theirs = rows.map(({ step, timestamp }) => `${step} ${timestamp}`);
      const ours = sample.map(({ step, timestamp }) => `${step} ${timestamp}`);
      expect(ours.slice(0, -1)).toEqual(theirs.slice(0, ours.length - 1));
      expect(ours).toHaveLength(Math.min(maxResults, rows.length));
      expect(sample.at(-1)!.step).toBe(steps === null ? 49 : 39);
    }
    const one = points(await search.interval({ runIds: [a, b, "none"], key: "acc", maxResults: 1 }));
    expect(parse(await search.interval({ runIds: ["none"], key: "acc" }))).toEqual({});
    expect(one.map(({ run_id, step }) => [run_id, step])).toEqual([
      [a, 49],
      [b, 4],
    ]);
    const half = search.interval({ runIds: [a], key: "acc", startStep: 1 });
    await expect(half).rejects.toThrow("both must be specified");
    await expect(search.interval({ runIds: [a], key: "acc", startStep: 2, endStep: 1 })).rejects.toThrow(
      "end_step must be greater",
    );
    await expect(search.interval({ runIds: [a], key: "acc", maxResults: 2501 })).rejects.toThrow("between 1 and 2500");
  });

  test("of very many points are sampled by their places, which is the same where there is one for each step", async () => {
    const { sql, tasks } = await openHistories(open);
    await insertPoints(sql, { series: 100, count: 900, step: "i + 50", timestamp: "i" });
    await insertPoints(sql, { series: 200, count: 900, step: "0", timestamp: "1000 + i * 10" });
    const sample = async (runId: string, key: string) =>
      points(await tasks.read("sampleHistory", { runIds: [runId], key, maxResults: 70, steps: null, countable: 800 }));
    const dense = await sample(a, "acc");
    const starts = shareStarts(900, 70).map((rank) => rank + 50);
    expect(dense.map(({ step }) => step)).toEqual([...starts.slice(0, -1), 949]);
    const atOnce = await sample(b, "acc");
    expect(atOnce).toHaveLength(70);
    expect([atOnce[0]!.timestamp, atOnce.at(-1)!.timestamp]).toEqual([1000, 9990]);
    // Nearly all points at the last of many steps.
    await insertPoints(sql, {
      series: 101,
      count: 900,
      step: "case when i < 3 then i else 100000 end",
      timestamp: "i",
    });
    const crowded = await sample(a, "loss");
    expect(crowded).toHaveLength(70);
    expect(crowded.map(({ timestamp }) => timestamp)).toEqual([...shareStarts(900, 70).slice(0, -1), 899]);
  });
});
