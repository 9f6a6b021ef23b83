import { expect, test } from "vitest";
import { raw } from "../../platform/sql/index.ts";
import { order, type Opened } from "./open-tracking.ts";

const named = (name: string) => ({ name, artifactLocation: null, tags: [] });

export function testExperiments(opened: Opened): void {
  test("begin with Default, and one active one of a name is all that the database takes", async () => {
    expect(await opened.tracking.experiments.get("")).toMatchObject({ experiment_id: "0", name: "Default" });
    const again = raw`insert into experiments (id, name, artifact_location, lifecycle, creation_time, last_update_time)
      values (9999, 'Default', '', 'active', 0, 0)`;
    await expect(again.execute(opened.sql.db)).rejects.toMatchObject({ kind: "unique" });
  });

  test("are numbered, and hand out roots on this server unless they are told another", async () => {
    const { tracking } = opened;
    const { id } = await tracking.experiments.create({ ...named("a0"), tags: [{ key: "team", value: "x" }] });
    expect(await tracking.experiments.get(id)).toMatchObject({
      experiment_id: id,
      artifact_location: `mlflow-artifacts:/${id}`,
      lifecycle_stage: "active",
      tags: [{ key: "team", value: "x" }],
    });
    const elsewhere = await tracking.experiments.create({ ...named("b0"), artifactLocation: "s3://bucket/b/" });
    const { run } = await tracking.runs.create({ ...order, experimentId: elsewhere.id });
    expect(run.info.artifact_uri).toBe(`s3://bucket/b/${run.info.run_id}/artifacts`);
    for (const artifactLocation of ["runs:/1/a", "s3://b/../c", "s3://b/%2e%2e/c", "s3://b?x=a/../b", "s3://b#c"])
      await expect(tracking.experiments.create({ ...named("c0"), artifactLocation })).rejects.toMatchObject({
        code: "invalid_request",
      });
  });

  test("give their name free when they are deleted, and find it taken when they come back", async () => {
    const { experiments } = opened.tracking;
    const first = await experiments.create(named("a1"));
    await expect(experiments.create(named("a1"))).rejects.toMatchObject({ code: "already_exists" });
    await experiments.delete(first.id);
    expect(await experiments.findByName("a1")).toMatchObject({ experiment_id: first.id, lifecycle_stage: "deleted" });
    const second = await experiments.create(named("a1"));
    expect(await experiments.findByName("a1")).toMatchObject({ experiment_id: second.id, lifecycle_stage: "active" });
    await expect(experiments.restore(first.id)).rejects.toMatchObject({ code: "already_exists" });
    await experiments.rename(second.id, "b1");
    await experiments.restore(first.id);
    await expect(experiments.rename(second.id, "a1")).rejects.toMatchObject({ code: "already_exists" });
    await expect(experiments.restore(first.id)).rejects.toMatchObject({ code: "experiment_not_found" });
  });

  test("take their runs with them and bring them back", async () => {
    const { tracking, run } = opened;
    const { id } = await tracking.experiments.create(named("a2"));
    const { run: made } = await tracking.runs.create({ ...order, experimentId: id });
    await tracking.experiments.delete(id);
    expect((await run(made.info.run_id)).info.lifecycle_stage).toBe("deleted");
    await expect(tracking.runs.create({ ...order, experimentId: id })).rejects.toMatchObject({
      code: "precondition_failed",
      message: `The experiment ${id} must be in the 'active' state. Current state is deleted.`,
    });
    await tracking.experiments.restore(id);
    expect((await run(made.info.run_id)).info.lifecycle_stage).toBe("active");
  });

  test("keep tags until they are taken away", async () => {
    const { experiments } = opened.tracking;
    await experiments.setTag("0", { key: "k", value: "1" });
    await experiments.setTag("0", { key: "k", value: "2" });
    expect((await experiments.get("0")).tags).toEqual([{ key: "k", value: "2" }]);
    await experiments.deleteTag("0", "k");
    await expect(experiments.deleteTag("0", "k")).rejects.toMatchObject({
      code: "not_found",
      message: "No tag with name: k in experiment with id 0",
    });
    await expect(experiments.setTag("0", { key: "k", value: "x".repeat(20_001) })).rejects.toMatchObject({
      message: "'value' exceeds the maximum length of 20000 characters",
    });
  });

  test("that a client asks for again, having lost the answer, are made once", async () => {
    const { tracking, restart } = opened;
    const { id, mark } = await tracking.experiments.create(named("a4"));
    tracking.answerLost(mark);
    expect((await tracking.experiments.create(named("a4"))).id).toBe(id);
    await expect(tracking.experiments.create(named("a4"))).rejects.toMatchObject({ code: "already_exists" });
    const after = restart();
    expect((await after.experiments.create(named("a4"))).id).toBe(id);
    await expect(after.experiments.create({ ...named("a4"), artifactLocation: "s3://x" })).rejects.toMatchObject({
      code: "already_exists",
    });
  });

  test.each([
    ["x", "invalid_request", "Invalid experiment ID 'x'. Experiment ID must be a valid integer."],
    ["77", "experiment_not_found", "No Experiment with id=77 exists"],
    ["452981236451236541", "experiment_not_found", "No Experiment with id=452981236451236541 exists"],
  ])("that are not there: %s", async (id, code, message) => {
    const { experiments } = opened.tracking;
    await expect(experiments.get(id)).rejects.toMatchObject({ code, message });
  });
}
