import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { createBlobStore } from "../../platform/blobs/index.ts";
import { openSqlite, raw, type Sql } from "../../platform/sql/index.ts";
import { openPglite } from "../../platform/sql/testing/pglite.ts";
import { createArtifacts, findArtifactFolder } from "../index.ts";
import { batch, metric, openTracking, order, start } from "../testing/open-tracking.ts";
import { createRemoval, type Origins } from "./removal.ts";

const tables =
  `experiments experiment_tags runs params run_tags latest_metrics metrics datasets run_inputs run_input_tags
  run_model_inputs run_outputs removed_series artifacts logged_models logged_model_params logged_model_tags
  logged_model_metrics`.split(/\s+/);
const noOrigins: Origins = { runIds: new Set(), loggedModelIds: new Set(), locations: [] };

async function useRemoval(open: () => Promise<Sql>) {
  const opened = await openTracking(open);
  const { sql, tracking } = opened;
  const blobs = createBlobStore({ folder: join(await mkdtemp(join(tmpdir(), "slipway-")), "blobs") });
  const artifacts = createArtifacts({ sql, blobs, clock: systemClock, findVersionFiles: async () => null });
  const removal = createRemoval({ sql, search: tracking.search, clock: { ...systemClock, now: () => start } });
  const collect = (given: Partial<Parameters<typeof removal.collect>[0]> = {}) =>
    removal.collect({
      before: start + 1,
      dryRun: false,
      origins: noOrigins,
      signal: new AbortController().signal,
      onProgress: () => {},
      ...given,
    });
  const count = async () => {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await raw<{ n: number }>`select count(*) as n from ${raw.table(table)}`.execute(sql.db);
      counts[table] = rows[0]!.n;
    }
    return counts;
  };
  /** A run to which everything was logged, and its model. */
  async function fill(experimentId: string) {
    const { runs, loggedModels } = tracking;
    const { info } = (await runs.create({ ...order, experimentId })).run;
    const made = await loggedModels.create({
      experimentId,
      name: "m",
      modelType: "",
      sourceRunId: info.run_id,
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "1" }],
    });
    const { model_id: modelId, artifact_uri: modelUri } = made.model.info;
    const points = Array.from({ length: 100 }, (_, step) => ({ ...metric, key: `k${step % 3}`, value: step, step }));
    await runs.logBatch(info.run_id, { ...batch, metrics: points, params: [{ key: "a", value: "b" }] });
    await runs.logMetric(info.run_id, { ...metric, key: "acc", value: 1, modelId });
    const dataset = { name: "d", digest: "1", source_type: "s", source: "x" };
    await runs.logInputs(info.run_id, {
      datasets: [{ dataset, tags: [{ key: "c", value: "train" }] }],
      models: [modelId],
    });
    await runs.logOutputs(info.run_id, [{ modelId, step: 0 }]);
    for (const uri of [info.artifact_uri, modelUri])
      await artifacts.put(`${findArtifactFolder(uri)}/a/b`, Readable.from([Buffer.from("12345")]));
    return { run: info.run_id, model: modelId, uri: info.artifact_uri, modelUri };
  }
  return { ...opened, artifacts, removal, collect, count, fill };
}

describe.each([
  ["SQLite", () => openSqlite({ path: ":memory:" })],
  ["PGlite", openPglite],
] as const)("removal on %s", (kind, open) => {
  const closers: (() => Promise<void>)[] = [];
  // The first start compiles PostgreSQL.
  if (kind === "PGlite") beforeAll(async () => (await openPglite()).close(), 60_000);
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const use = async () => {
    const used = await useRemoval(open);
    closers.push(() => used.sql.close());
    return used;
  };

  test("of what was deleted leaves nothing of it and everything else", async () => {
    const { tracking, experiment, count, fill, collect } = await use();
    const before = await count();
    const [gone, half] = [await experiment(), await experiment()];
    await fill(gone);
    await tracking.experiments.setTag(gone, { key: "t", value: "1" });
    const stays = await fill(half);
    const without = await count();
    const { run, model } = await fill(half);
    await tracking.runs.delete(run);
    await tracking.loggedModels.delete(model);

    const full = await count();
    const runs = { ids: [run], files: 1, bytes: 5 };
    const loggedModels = { ids: [model], files: 1, bytes: 5 };
    const expected = { experiments: { ids: [], files: 0, bytes: 0 }, runs, loggedModels, kept: 0 };
    expect(await collect({ dryRun: true })).toEqual(expected);
    expect(await collect({ before: start })).toMatchObject({ runs: { ids: [] }, loggedModels: { ids: [] } });
    expect(await count()).toEqual(full);
    expect(await collect()).toEqual(expected);
    expect(await count()).toEqual(without);
    await expect(tracking.runs.get(run)).rejects.toMatchObject({ code: "run_not_found" });

    await tracking.experiments.delete(gone);
    const second = await collect();
    expect([second.experiments.ids, second.runs.ids.length, second.loggedModels.ids.length]).toEqual([
      ["experiment 1"],
      1,
      1,
    ]);
    await tracking.runs.delete(stays.run);
    await tracking.experiments.delete(half);
    expect((await collect()).experiments.ids).toEqual(["experiment 2"]);
    expect(await count()).toEqual(before);
  });

  test("spares what living versions came from", async () => {
    const { tracking, experiment, fill, collect } = await use();
    const id = await experiment();
    const [byRun, byModel, byPlace, gone] = [await fill(id), await fill(id), await fill(id), await fill(id)];
    await tracking.experiments.delete(id);
    const origins = {
      runIds: new Set([byRun.run]),
      loggedModelIds: new Set([byModel.model]),
      locations: [`${byPlace.uri}/model/deep`, "s3://elsewhere/x", "mlflow-artifacts:/../x"],
    };
    const { experiments, runs, loggedModels, kept } = await collect({ origins });
    expect([experiments.ids, runs.ids, kept]).toEqual([[], [byModel.run, gone.run], 3]);
    expect(loggedModels.ids).toEqual([byRun.model, byPlace.model, gone.model]);
    await tracking.runs.get(byPlace.run);
    expect(await collect({ origins: { ...origins, runIds: new Set(), loggedModelIds: new Set() } })).toMatchObject({
      kept: 1,
    });
  });

  test("of runs in bulk, by ids or by a filter, and back", async () => {
    const { tracking, experiment, removal } = await use();
    const id = await experiment();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { info } = (await tracking.runs.create({ ...order, experimentId: id })).run;
      ids.push(info.run_id);
      await tracking.runs.logMetric(info.run_id, { ...metric, key: "loss", value: i });
    }
    const how = { signal: new AbortController().signal, onProgress: () => {}, dryRun: false };
    const search = { experimentIds: [id], filter: "metrics.loss > 2" };
    const lifecycles = async () =>
      Promise.all(
        ids.map(async (run) => {
          const { info } = (
            JSON.parse(new TextDecoder().decode(await tracking.runs.get(run))) as {
              run: { info: { lifecycle_stage: string } };
            }
          ).run;
          return info.lifecycle_stage[0];
        }),
      );
    const worst = ids.slice(3).toSorted();
    expect((await removal.moveRuns({ ids: null, search }, { ...how, to: "deleted", dryRun: true })).toSorted()).toEqual(
      worst,
    );
    expect(await lifecycles()).toEqual(["a", "a", "a", "a", "a"]);
    expect((await removal.moveRuns({ ids: null, search }, { ...how, to: "deleted" })).toSorted()).toEqual(worst);
    expect(await lifecycles()).toEqual(["a", "a", "a", "d", "d"]);
    const two = { ids: [ids[0]!, ids[3]!], search: null };
    expect(await removal.moveRuns(two, { ...how, to: "deleted" })).toEqual([ids[0]]);
    const unknown = removal.moveRuns({ ids: [ids[1]!, "nobody"], search: null }, { ...how, to: "deleted" });
    await expect(unknown).rejects.toMatchObject({ code: "run_not_found" });
    expect(await lifecycles()).toEqual(["d", "a", "a", "d", "d"]);
    expect(
      await removal.moveRuns({ ids: null, search: { experimentIds: [id] } }, { ...how, to: "active" }),
    ).toHaveLength(3);
    expect(await lifecycles()).toEqual(["a", "a", "a", "a", "a"]);
  });
});

test("points go a few at a time, also those that the last collection left", async () => {
  const { sql, tracking, fill, collect, count } = await useRemoval(() => openSqlite({ path: ":memory:" }));
  const { run } = await fill("0");
  await raw`insert into metrics (series_n, timestamp, step, value, is_nan)
    with recursive c(x) as (select 1 union all select x + 1 from c where x < 50000)
    select (select min(n) from latest_metrics), x / 10, x, 0.5, 0 from c`.execute(sql.db);
  await tracking.runs.delete(run);
  const controller = new AbortController();
  const interrupted = collect({ signal: controller.signal, onProgress: () => controller.abort() });
  await expect(interrupted).rejects.toThrow("aborted");
  await raw`insert into removed_series (n) select 1000000`.execute(sql.db);
  await raw`insert into metrics (series_n, timestamp, step, value, is_nan) values (1000000, 1, 1, 1, 0)`.execute(
    sql.db,
  );
  await collect();
  expect(await count()).toMatchObject({ metrics: 0, removed_series: 0, runs: 0 });
  await sql.close();
});
