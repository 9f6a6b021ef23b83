import type { ImportedExperiment, ImportedLoggedModel, ImportedRun } from "@slipway/contract";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate, raw, type Sql } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { createMlflowImports, importMigrations, trackingMigrations } from "../index.ts";

const experiment: ImportedExperiment = {
  source_id: "7",
  experiment_id: null,
  unchanged: false,
  name: "churn",
  artifact_location: null,
  lifecycle_stage: "active",
  creation_time: 1000,
  last_update_time: 2000,
  tags: [["team", "growth"]],
};

const run: ImportedRun = {
  run_id: "a".repeat(32),
  experiment_id: "1",
  name: "first",
  user_id: "ada",
  status: "FINISHED",
  start_time: 1000,
  end_time: 1500,
  lifecycle_stage: "deleted",
  deleted_at: 1600,
  artifact_uri: null,
  params: [["lr", "0.1"]],
  tags: [["mlflow.runName", "first"]],
  datasets: [
    {
      name: "train",
      digest: "d1",
      source_type: "local",
      source: "{}",
      schema: null,
      profile: null,
      tags: [["mlflow.data.context", "training"]],
    },
  ],
  model_inputs: ["m-1"],
  model_outputs: [{ model_id: "m-2", step: 3 }],
};

const model: ImportedLoggedModel = {
  model_id: "m-2",
  experiment_id: "1",
  name: "net",
  artifact_uri: null,
  status: "LOGGED_MODEL_READY",
  status_message: null,
  model_type: "",
  source_run_id: run.run_id,
  creation_time: 1200,
  last_updated_time: 1300,
  lifecycle_stage: "active",
  params: [["p", "1"]],
  tags: [],
  metrics: [
    {
      key: "acc",
      value: null,
      timestamp: 1400,
      step: 1,
      run_id: run.run_id,
      dataset_name: "train",
      dataset_digest: "d1",
    },
  ],
};

const points = {
  series: [{ run_id: run.run_id, key: "loss", timestamps: [1, 2, 2], steps: [0, 1, 1], values: [0.5, null, null] }],
};

const tables =
  "experiments experiment_tags runs params run_tags latest_metrics metrics datasets run_inputs run_input_tags run_model_inputs run_outputs logged_models logged_model_params logged_model_tags logged_model_metrics tracking_counters import_marks".split(
    " ",
  );

async function dump(sql: Sql): Promise<string> {
  const parts: string[] = [];
  for (const table of tables) {
    const { rows } = await raw<object>`select * from ${raw.raw(table)}`.execute(sql.db);
    parts.push(table, ...rows.map((row) => JSON.stringify(row)).toSorted());
  }
  return parts.join("\n");
}

describeStores("an import of MLflow's records", (open) => {
  async function start() {
    const sql = await open();
    await migrate(sql, [...trackingMigrations, ...importMigrations]);
    return { sql, imports: createMlflowImports({ sql, clock: systemClock }) };
  }

  test("keeps ids and times, and the second time changes nothing", async () => {
    const { sql, imports } = await start();
    const all = async () => [
      await imports.experiments({ experiments: [experiment], dry_run: false }),
      await imports.runs({ runs: [run] }),
      await imports.points(points),
      await imports.loggedModels({ logged_models: [model] }),
    ];
    const [experiments, runs, , models] = await all();
    expect(experiments).toEqual([{ id: "7", experiment_id: "1", outcome: "created", differences: [] }]);
    expect(runs).toEqual([{ id: run.run_id, outcome: "created", differences: [] }]);
    expect(models).toEqual([{ id: "m-2", outcome: "created", differences: [] }]);
    const { rows } =
      await raw`select id, name, user_id, status, start_time, end_time, lifecycle, deleted_at, artifact_uri
      from runs`.execute(sql.db);
    expect(rows).toEqual([
      {
        id: run.run_id,
        name: "first",
        user_id: "ada",
        status: "FINISHED",
        start_time: 1000,
        end_time: 1500,
        lifecycle: "deleted",
        deleted_at: 1600,
        artifact_uri: `mlflow-artifacts:/1/${run.run_id}/artifacts`,
      },
    ]);
    const { rows: counted } = await raw`select count(*) as n from metrics`.execute(sql.db);
    expect(counted).toEqual([{ n: 2 }]);
    const before = await dump(sql);
    const again = await all();
    expect(again.flatMap((each) => (typeof each === "number" ? [] : each.map(({ outcome }) => outcome)))).toEqual([
      "same",
      "same",
      "same",
    ]);
    expect(await dump(sql)).toBe(before);
  });

  test("an experiment that is here by its name is taken, one that was renamed there is renamed", async () => {
    const { imports } = await start();
    const one = async (given: Partial<ImportedExperiment>, dry_run = false) =>
      (await imports.experiments({ experiments: [{ ...experiment, ...given }], dry_run }))[0];
    expect(await one({ name: "Default", tags: [["a", "b"]] })).toMatchObject({
      experiment_id: "0",
      outcome: "changed",
    });
    expect(await one({ name: "Default", tags: [["a", "c"]] })).toMatchObject({
      outcome: "same",
      differences: ['tag a: here "b", there "c"'],
    });
    expect(await one({}, true)).toMatchObject({ experiment_id: null, outcome: "created" });
    expect(await one({})).toMatchObject({ experiment_id: "1", outcome: "created" });
    expect(await one({ experiment_id: "1", name: "leaving" })).toMatchObject({
      experiment_id: "1",
      outcome: "changed",
    });
    expect(await one({ name: "leaving" })).toMatchObject({ experiment_id: "1", outcome: "same" });
    expect(await one({ experiment_id: "1", name: "Default" })).toMatchObject({
      differences: [expect.stringContaining("another experiment")],
    });
    // A deleted one is another one than that of the same name which lives.
    expect(await one({ name: "leaving", lifecycle_stage: "deleted" })).toMatchObject({ outcome: "created" });
    expect(await one({ name: "leaving", lifecycle_stage: "deleted" })).toMatchObject({ outcome: "same" });
  });

  test("a run that went on there is brought up; what was logged here stays and is told", async () => {
    const { sql, imports } = await start();
    await imports.experiments({ experiments: [experiment], dry_run: false });
    const running: ImportedRun = {
      ...run,
      status: "RUNNING",
      end_time: null,
      lifecycle_stage: "active",
      deleted_at: null,
    };
    await imports.runs({ runs: [{ ...running, artifact_uri: "s3://bucket/1" }] });
    await raw`insert into params (run_n, key, value) values (1, 'depth', '3')`.execute(sql.db);
    const [result] = await imports.runs({
      runs: [{ ...running, status: "FINISHED", end_time: 9, params: [...run.params, ["depth", "4"]] }],
    });
    expect(result).toEqual({ id: run.run_id, outcome: "changed", differences: ['param depth: here "3", there "4"'] });
    const { rows } = await raw`select status, end_time, artifact_uri from runs`.execute(sql.db);
    expect(rows).toEqual([
      { status: "FINISHED", end_time: 9, artifact_uri: `mlflow-artifacts:/1/${run.run_id}/artifacts` },
    ]);
  });

  test("marks are kept by kind and id", async () => {
    const { imports } = await start();
    const ids = Array.from({ length: 250 }, (_, i) => `r${i}`);
    await imports.putMarks({ kind: "run", marks: Object.fromEntries(ids.map((id) => [id, `mark of ${id}`])) });
    await imports.putMarks({ kind: "run", marks: { r1: "newer" } });
    const marks = await imports.readMarks({ kind: "run", ids: [...ids, "unknown"] });
    expect(Object.keys(marks)).toHaveLength(250);
    expect(marks).toMatchObject({ r1: "newer", r249: "mark of r249" });
    expect(await imports.readMarks({ kind: "model", ids })).toEqual({});
  });

  test("points without a run, too many and uneven ones are refused", async () => {
    const { imports } = await start();
    await expect(imports.points(points)).rejects.toMatchObject({ code: "run_not_found" });
    const many = Array.from({ length: 5001 }, () => 1);
    const series = { run_id: run.run_id, key: "k", timestamps: many, steps: many, values: many };
    await expect(imports.points({ series: [series] })).rejects.toMatchObject({ code: "too_large" });
    await expect(imports.points({ series: [{ ...series, steps: [], timestamps: [] }] })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});
