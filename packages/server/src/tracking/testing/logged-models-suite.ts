import { expect, test } from "vitest";
import { start, type Opened } from "./open-tracking.ts";

const order = { experimentId: "0", name: "model", modelType: "", sourceRunId: "r", params: [], tags: [] } as const;

export function testLoggedModels(opened: Opened): void {
  test("begin pending, are finished, and keep params and tags", async () => {
    const { loggedModels: models } = opened.tracking;
    const { model } = await models.create({ ...order, params: [{ key: "p", value: "1" }] });
    const id = model.info.model_id;
    expect(id).toMatch(/^m-[0-9a-f]{32}$/);
    expect(model).toEqual({
      info: {
        model_id: id,
        experiment_id: "0",
        name: "model",
        creation_timestamp_ms: start,
        last_updated_timestamp_ms: start,
        artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
        status: "LOGGED_MODEL_PENDING",
        model_type: "",
        source_run_id: "r",
      },
      data: { params: [{ key: "p", value: "1" }] },
    });
    expect((await models.finish(id, "LOGGED_MODEL_READY")).info.status).toBe("LOGGED_MODEL_READY");
    await models.setTags(id, [
      { key: "t", value: "1" },
      { key: "t", value: "2" },
    ]);
    await models.logParams(id, [{ key: "q", value: "2" }]);
    await models.logParams(id, [{ key: "q", value: "2" }]);
    await expect(models.logParams(id, [{ key: "q", value: "3" }])).rejects.toMatchObject({ code: "invalid_request" });
    expect(await models.get(id)).toMatchObject({
      info: { tags: [{ key: "t", value: "2" }] },
      data: {
        params: [
          { key: "p", value: "1" },
          { key: "q", value: "2" },
        ],
      },
    });
    await models.deleteTag(id, "t");
    await expect(models.deleteTag(id, "t")).rejects.toMatchObject({ code: "not_found" });
  });

  test("that are deleted are seen only by who asks for them", async () => {
    const { loggedModels: models } = opened.tracking;
    const id = (await models.create(order)).model.info.model_id;
    await models.delete(id);
    await expect(models.get(id)).rejects.toMatchObject({
      code: "logged_model_not_found",
      message: `Logged model with ID '${id}' not found.`,
    });
    expect((await models.get(id, true)).info.model_id).toBe(id);
    for (const name of ["a/b", "a.b", "a%b", 'a"b', "a'b", "a:b"])
      await expect(models.create({ ...order, name })).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("know the versions that were made of them", async () => {
    const { loggedModels: models } = opened.tracking;
    const id = (await models.create(order)).model.info.model_id;
    await models.noteVersion(id, { name: "a", version: 1 });
    await models.noteVersion(id, { name: "a", version: 1 });
    await models.noteVersion(id, { name: "b", version: 2 });
    expect((await models.get(id)).info.tags).toEqual([
      { key: "mlflow.modelVersions", value: '[{"name": "a", "version": 1}, {"name": "b", "version": 2}]' },
    ]);
  });

  test("that a client asks for again, having lost the answer, are made once", async () => {
    const { tracking, restart } = opened;
    const mine = { ...order, experimentId: await opened.experiment() };
    const first = await tracking.loggedModels.create(mine);
    const id = first.model.info.model_id;
    expect((await tracking.loggedModels.create({ ...mine, name: "x" })).model.info.model_id).not.toBe(id);
    tracking.answerLost(first.mark);
    expect((await tracking.loggedModels.create(mine)).model.info.model_id).toBe(id);
    await tracking.loggedModels.finish(id, "LOGGED_MODEL_READY");
    expect((await restart().loggedModels.create(mine)).model.info.model_id).not.toBe(id);
  });
}
