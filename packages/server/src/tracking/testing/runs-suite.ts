import { expect, test } from "vitest";
import { batch, metric, order, start, type Opened } from "./open-tracking.ts";

const nameTag = "mlflow.runName";

export function testRuns(opened: Opened): void {
  test("begin as MLflow's do", async () => {
    const { tracking } = opened;
    const note = { key: "mlflow.note.content", value: "x".repeat(9000) };
    const { run } = await tracking.runs.create({ ...order, tags: [{ key: "a", value: "b" }, note] });
    const { run_id } = run.info;
    expect(run_id).toMatch(/^[0-9a-f]{32}$/);
    expect(run).toEqual({
      info: {
        run_uuid: run_id,
        run_id,
        experiment_id: "0",
        run_name: "first",
        user_id: "ann",
        status: "RUNNING",
        start_time: start,
        artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
        lifecycle_stage: "active",
      },
      data: {
        tags: [{ key: "a", value: "b" }, note, { key: nameTag, value: "first" }],
      },
      inputs: {},
    });
  });

  test("have a name, which is that of its tag", async () => {
    const { tracking, run } = opened;
    const unnamed = await tracking.runs.create({ ...order, name: null });
    expect(unnamed.run.info.run_name).toMatch(/^[a-z]+-[a-z]+-[0-9]{1,3}$/);
    const { run: made } = await tracking.runs.create({ ...order, name: null, tags: [{ key: nameTag, value: "x" }] });
    expect(made.info.run_name).toBe("x");
    const id = made.info.run_id;
    await tracking.runs.setTag(id, { key: nameTag, value: "y" });
    expect((await run(id)).info.run_name).toBe("y");
    await tracking.runs.setTag(id, { key: nameTag, value: "" });
    await tracking.runs.update({ id, status: null, endTime: null, name: "z" });
    expect(await run(id)).toMatchObject({ info: { run_name: "z" }, data: { tags: [{ key: nameTag, value: "z" }] } });
    await expect(
      tracking.runs.create({ ...order, name: "x", tags: [{ key: nameTag, value: "y" }] }),
    ).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("end, are deleted and come back; a deleted one takes nothing", async () => {
    const { tracking, run } = opened;
    const id = (await tracking.runs.create(order)).run.info.run_id;
    const info = await tracking.runs.update({ id, status: "FINISHED", endTime: start + 5, name: null });
    expect(info).toMatchObject({ status: "FINISHED", end_time: start + 5, run_name: "first" });
    await tracking.runs.delete(id);
    await tracking.runs.delete(id);
    for (const refused of [
      tracking.runs.logMetric(id, { ...metric, key: "m", value: 1 }),
      tracking.runs.logBatch(id, batch),
      tracking.runs.setTag(id, { key: "k", value: "v" }),
      tracking.runs.update({ id, status: "FAILED", endTime: null, name: null }),
    ])
      await expect(refused).rejects.toMatchObject({
        code: "precondition_failed",
        message: `The run ${id} must be in the 'active' state. Current state is deleted.`,
      });
    await tracking.runs.restore(id);
    expect((await run(id)).info).toMatchObject({ status: "FINISHED", lifecycle_stage: "active" });
    await expect(tracking.runs.get("nothing")).rejects.toMatchObject({
      code: "run_not_found",
      message: "Run with id=nothing not found",
    });
  });

  test("that a client asks for again, having lost the answer, are made once; all others are runs of their own", async () => {
    const { tracking, restart } = opened;
    const idOf = async (made: Promise<{ readonly run: { readonly info: { readonly run_id: string } } }>) =>
      (await made).run.info.run_id;
    const mine = { ...order, experimentId: await opened.experiment() };
    const { run, mark } = await tracking.runs.create(mine);
    const first = run.info.run_id;
    tracking.answerLost(mark);
    expect(await idOf(tracking.runs.create(mine))).toBe(first);
    const second = await idOf(tracking.runs.create(mine));
    expect(second).not.toBe(first);
    await tracking.runs.update({ id: first, status: "FINISHED", endTime: null, name: null });
    const afterwards = restart();
    expect(await idOf(afterwards.runs.create(mine))).toBe(second);
    for (const other of [{ name: "other" }, { startTime: start - 3_600_000 }, { startTime: null }]) {
      const made = await idOf(tracking.runs.create({ ...mine, ...other }));
      const expected = "name" in other ? made : expect.not.stringMatching(made);
      expect(await idOf(afterwards.runs.create({ ...mine, ...other }))).toEqual(expected);
    }
  });

  test("have inputs and outputs, each once", async () => {
    const { tracking, run } = opened;
    const id = (await tracking.runs.create(order)).run.info.run_id;
    const dataset = { name: "d", digest: "1", source_type: "code", source: "{}", schema: "s" };
    const tags = [{ key: "mlflow.data.context", value: "training" }];
    for (let i = 0; i < 2; i++) {
      await tracking.runs.logInputs(id, { datasets: [{ dataset, tags: i === 0 ? tags : [] }], models: ["m-1"] });
      await tracking.runs.logOutputs(id, [{ modelId: "m-2", step: 3 }]);
    }
    const other = (await tracking.runs.create({ ...order, name: "other" })).run.info.run_id;
    await tracking.runs.logInputs(other, {
      datasets: [{ dataset: { ...dataset, source: "x" }, tags: [] }],
      models: [],
    });
    expect(await run(id)).toMatchObject({
      inputs: { dataset_inputs: [{ tags, dataset }], model_inputs: [{ model_id: "m-1" }] },
      outputs: { model_outputs: [{ model_id: "m-2", step: 3 }] },
    });
    expect((await run(other)).inputs.dataset_inputs).toEqual([{ dataset }]);
    const long = { ...dataset, digest: "x".repeat(37) };
    await expect(
      tracking.runs.logInputs(id, { datasets: [{ dataset: long, tags: [] }], models: [] }),
    ).rejects.toMatchObject({ message: "'digest' exceeds the maximum length of 36 characters" });
  });

  test("keep what clients before 3.0 tell of a model in a tag", async () => {
    const { tracking, run } = opened;
    const id = (await tracking.runs.create(order)).run.info.run_id;
    const model = {
      run_id: id,
      artifact_path: "model",
      utc_time_created: "2026-01-01",
      flavors: { sklearn: { code: null, config: {} } },
      model_uuid: "u",
      mlflow_version: "2.20",
    };
    await tracking.runs.logModel(id, JSON.stringify(model));
    await tracking.runs.logModel(id, JSON.stringify(model));
    await tracking.runs.logModel(id, JSON.stringify({ ...model, artifact_path: "other" }));
    const tag = (await run(id)).data.tags!.find(({ key }) => key === "mlflow.log-model.history")!;
    expect(JSON.parse(tag.value)).toMatchObject([
      { artifact_path: "model", flavors: { sklearn: { code: null } } },
      { artifact_path: "other" },
    ]);
    expect(tag.value).not.toContain("config");
    await expect(tracking.runs.logModel(id, "{}")).rejects.toMatchObject({
      message: "Model json is missing mandatory fields: {'artifact_path', 'flavors', 'utc_time_created', 'run_id'}",
    });
  });
}
