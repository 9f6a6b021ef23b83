import { expect, test } from "vitest";
import { raw } from "../../platform/sql/index.ts";
import { batch, metric, order, type Opened } from "./open-tracking.ts";

async function openRun(opened: Opened) {
  const id = (await opened.tracking.runs.create(order)).run.info.run_id;
  const { runs } = opened.tracking;
  return {
    id,
    runs,
    metrics: async () => (await opened.run(id)).data.metrics ?? [],
    async points() {
      const { rows } = await raw<{ count: number }>`select count(*) as count from metrics
        where series_n in (select m.n from latest_metrics m join runs r on r.n = m.run_n where r.id = ${id})`.execute(
        opened.sql.db,
      );
      return rows[0]!.count;
    },
  };
}

export function testLogging(opened: Opened): void {
  test("keeps each point once, and the latest by step, time and value", async () => {
    const { id, runs, metrics, points } = await openRun(opened);
    const log = (value: number, step: number, timestamp: number) =>
      runs.logMetric(id, { ...metric, key: "m", value, step, timestamp });
    await log(1, 5, 100);
    await log(2, 4, 900);
    await log(0.5, 5, 100);
    expect(await metrics()).toEqual([{ key: "m", value: 1, step: 5, timestamp: 100 }]);
    await log(3, 5, 100);
    await log(3, 5, 100);
    expect(await metrics()).toEqual([{ key: "m", value: 3, step: 5, timestamp: 100 }]);
    await log(Number.NaN, 6, 1);
    expect(await metrics()).toEqual([{ key: "m", value: "NaN", step: 6, timestamp: 1 }]);
    await log(-1, 6, 1);
    // Stored as 0, but not the same as 0.
    await log(0, 6, 1);
    expect((await metrics())[0]!.value).toBe("NaN");
    await log(Number.NEGATIVE_INFINITY, 7, 1);
    expect((await metrics())[0]!.value).toBe(-Number.MAX_VALUE);
    expect(await points()).toBe(8);
  });

  test("is one change however often it comes", async () => {
    const { id, runs, metrics, points } = await openRun(opened);
    const large = {
      metrics: Array.from({ length: 890 }, (_, i) => ({
        ...metric,
        key: `m${i % 9}`,
        value: i % 100 === 0 ? Number.NaN : i / 3,
        step: i % 445,
        timestamp: i % 445,
      })),
      params: Array.from({ length: 60 }, (_, i) => ({ key: `p${i}`, value: `${i}` })),
      tags: Array.from({ length: 50 }, (_, i) => ({ key: `t${i}`, value: `${i}` })),
    };
    await runs.logBatch(id, large);
    const before = [await metrics(), await points()];
    expect(before[1]).toBe(890);
    expect(before[0]).toHaveLength(9);
    await Promise.all([runs.logBatch(id, large), runs.logBatch(id, large)]);
    expect([await metrics(), await points()]).toEqual(before);
  });

  test("is written whole or not at all", async () => {
    const { id, runs, points } = await openRun(opened);
    await runs.logParam(id, { key: "lr", value: "0.1" });
    await expect(
      runs.logBatch(id, {
        metrics: [{ ...metric, key: "m", value: 1 }],
        params: [
          { key: "new", value: "1" },
          { key: "lr", value: "0.2" },
        ],
        tags: [{ key: "t", value: "1" }],
      }),
    ).rejects.toMatchObject({
      code: "invalid_request",
      message: `Changing param values is not allowed. Params were already logged='[{'key': 'lr', 'old_value': '0.1', 'new_value': '0.2'}]' for run ID='${id}'.`,
    });
    expect(await points()).toBe(0);
    expect((await opened.run(id)).data.params).toEqual([{ key: "lr", value: "0.1" }]);
    await runs.logParam(id, { key: "lr", value: "0.1" });
    await expect(runs.logParam(id, { key: "lr", value: "1" })).rejects.toMatchObject({
      message: expect.stringContaining("was already logged with value='0.1'") as string,
    });
  });

  test("finds its series among many, old and new", async () => {
    const { id, runs, metrics, points } = await openRun(opened);
    const keys = (count: number, step: number) =>
      Array.from({ length: count }, (_, i) => ({ ...metric, key: `k${i}`, value: step, step }));
    await runs.logBatch(id, { ...batch, metrics: keys(40, 1) });
    await runs.logBatch(id, { ...batch, metrics: [...keys(100, 2), ...keys(3, 1)] });
    expect(await metrics()).toHaveLength(100);
    expect(new Set((await metrics()).map(({ step }) => step))).toEqual(new Set([2]));
    expect(await points()).toBe(140);
  });

  test("is cut where it is too long, and refused where MLflow refuses it", async () => {
    const { id, runs } = await openRun(opened);
    await runs.logParam(id, { key: "p", value: "é".repeat(6001) });
    await runs.setTag(id, { key: "t", value: "😀".repeat(8001) });
    const { data } = await opened.run(id);
    expect(data.params![0]!.value).toHaveLength(6000);
    expect(data.tags!.find(({ key }) => key === "t")!.value).toHaveLength(16_000);
    const many = (count: number, of: string) =>
      Array.from({ length: count }, (_, i) => ({ key: `${of}${i}`, value: "" }));
    const points = (count: number) => many(count, "m").map(({ key }) => ({ ...metric, key, value: 1 }));
    for (const [given, message] of [
      [{ ...batch, metrics: points(1001) }, "at most 1000 metrics. Got 1001 metrics."],
      [{ ...batch, params: many(101, "p") }, "at most 100 params. Got 101 params."],
      [{ ...batch, tags: many(101, "t") }, "at most 100 tags. Got 101 tags."],
      [{ ...batch, metrics: points(950), tags: many(51, "t") }, "at most 1000 metrics, params, and tags. Got 1001"],
      [
        { ...batch, params: [...many(1, "x"), ...many(1, "x")] },
        "Duplicate parameter keys have been submitted: ['x0'].",
      ],
      [
        { ...batch, metrics: [{ ...metric, key: "../a", value: 1 }] },
        "parameter 'metrics[0].name' supplied: Names may",
      ],
      [{ ...batch, metrics: [{ ...metric, key: "a", value: 1, timestamp: -1 }] }, "Timestamp must be a nonnegative"],
      [{ ...batch, metrics: [{ ...metric, key: "a", value: 1, step: 2 ** 60 }] }, "Step must be a valid long"],
      [{ ...batch, tags: [{ key: "a".repeat(251), value: "" }] }, "'tags[0].key' exceeds the maximum length of 250"],
    ] as const)
      await expect(runs.logBatch(id, given)).rejects.toMatchObject({
        code: "invalid_request",
        message: expect.stringContaining(message) as string,
      });
  });

  test("tells of a logged model, too", async () => {
    const { tracking } = opened;
    const id = (await tracking.runs.create(order)).run.info.run_id;
    const { model } = await tracking.loggedModels.create({
      experimentId: "0",
      name: "m",
      modelType: "",
      sourceRunId: id,
      params: [],
      tags: [],
    });
    const modelId = model.info.model_id;
    const told = { ...metric, key: "acc", value: Number.NaN, modelId, datasetName: "d", datasetDigest: "1" };
    await tracking.runs.logMetric(id, told);
    await tracking.runs.logBatch(id, { ...batch, metrics: [told, { ...metric, key: "loss", value: 2, modelId }] });
    expect((await tracking.loggedModels.get(modelId)).data.metrics).toEqual([
      {
        key: "acc",
        value: "NaN",
        timestamp: 0,
        step: 0,
        model_id: modelId,
        dataset_name: "d",
        dataset_digest: "1",
        run_id: id,
      },
      { key: "loss", value: 2, timestamp: 0, step: 0, model_id: modelId, run_id: id },
    ]);
    await expect(tracking.runs.logMetric(id, { ...told, modelId: "m-x" })).rejects.toMatchObject({
      code: "logged_model_not_found",
    });
  });
}
