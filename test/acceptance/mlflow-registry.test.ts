import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { flight, flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });

interface Answer {
  readonly status: number;
  readonly body: any;
}

/** As MLflow's client does: the query of a GET, else a body. */
async function mlflow(method: string, path: string, input: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  const url = new URL(`${server.url}/api/2.0/mlflow/${path}`);
  if (method === "GET")
    for (const [name, value] of Object.entries(input))
      for (const each of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(each));
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, ...(method !== "GET" && { body: JSON.stringify(input) }) });
  return { status: response.status, body: await response.json() };
}

async function ok(method: string, path: string, input: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await mlflow(method, path, input);
  expect({ path, status, body }).toMatchObject({ status: 200 });
  return body;
}

/** A run with a model among its artifacts. */
async function logRun(file: string, name = "model"): Promise<string> {
  const tags = [
    { key: "mlflow.source.git.commit", value: "c0ffee" },
    { key: "mlflow.source.name", value: "train.py" },
  ];
  const { run } = await ok("POST", "runs/create", { experiment_id: "0", start_time: 1, tags });
  const { run_id: id, artifact_uri: uri } = run.info;
  await ok("POST", "runs/log-parameter", { run_id: id, key: "depth", value: "7" });
  const dataset = { name: "delays", digest: "d1g357", source_type: "local", source: "{}" };
  const datasets = [{ dataset, tags: [{ key: "mlflow.data.context", value: "training" }] }];
  await ok("POST", "runs/log-inputs", { run_id: id, datasets });
  await put(`${uri}/${name}/model.onnx`, file);
  return id;
}

async function put(uri: string, file: string): Promise<void> {
  const path = uri.replace(/^mlflow-artifacts:\//, "");
  const at = `${server.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
  expect((await fetch(at, { method: "PUT", body: readFileSync(file) })).status).toBe(200);
}

const onnx = (folder: string) => join(folder, "model.onnx");

async function register(name: string, runId: string): Promise<string> {
  await mlflow("POST", "registered-models/create", { name });
  const source = `runs:/${runId}/model`;
  const { model_version } = await ok("POST", "model-versions/create", { name, source, run_id: runId });
  return model_version.version;
}

describe("models", () => {
  test("are made once, named, described, tagged and found", async () => {
    const made = await ok("POST", "registered-models/create", {
      name: "Churn Model",
      description: "who leaves",
      tags: [{ key: "team", value: "crm" }],
    });
    expect(made.registered_model).toMatchObject({
      name: "Churn Model",
      description: "who leaves",
      tags: [{ key: "team", value: "crm" }],
    });
    const again = await mlflow("POST", "registered-models/create", { name: "Churn Model" });
    expect(again).toEqual({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS", message: "Registered Model (name=Churn Model) already exists." },
    });
    await ok("PATCH", "registered-models/update", { name: "Churn Model", description: "who will leave" });
    await ok("POST", "registered-models/set-tag", { name: "Churn Model", key: "team", value: "growth" });
    const found = await ok("GET", "registered-models/search", {
      filter: "name ILIKE 'churn%' AND tags.team = 'growth'",
    });
    expect(found.registered_models).toMatchObject([{ name: "Churn Model", description: "who will leave" }]);
    await ok("DELETE", "registered-models/delete-tag", { name: "Churn Model", key: "team" });
    await ok("DELETE", "registered-models/delete-tag", { name: "Churn Model", key: "team" });
    expect(await ok("GET", "registered-models/search", { filter: "tags.team = 'growth'" })).toEqual({});
    await ok("POST", "registered-models/rename", { name: "Churn Model", new_name: "Leavers" });
    expect((await mlflow("GET", "registered-models/get", { name: "Churn Model" })).body).toMatchObject({
      error_code: "RESOURCE_DOES_NOT_EXIST",
      message: "Registered Model with name=Churn Model not found",
    });
    await ok("DELETE", "registered-models/delete", { name: "Leavers" });
    await ok("POST", "registered-models/create", { name: "Leavers" });
    await ok("POST", "registered-models/rename", { name: "Leavers", new_name: "Churn Model" });
  });

  test.each([
    ["registered-models/create", { name: "a/b" }, "Names cannot contain '/' or ':'"],
    ["registered-models/create", { name: " " }, "Missing value for required parameter 'name'"],
    ["registered-models/create", {}, "Missing value for required parameter 'name'"],
    ["registered-models/create", { name: 7 }, "Invalid value 7 for parameter 'name' supplied"],
    ["model-versions/create", { name: "x" }, "Missing value for required parameter 'source'"],
    ["registered-models/alias", { name: "x", alias: "a b", version: "1" }, "Invalid alias name: 'a b'"],
    ["registered-models/alias", { name: "x", alias: "Latest", version: "1" }, "reserved"],
    ["registered-models/alias", { name: "x", alias: "ok", version: "one" }, "must be an integer, got 'one'"],
  ])("that are asked for in the wrong way are refused: %s %j", async (path, input, message) => {
    const { status, body } = await mlflow("POST", path, input);
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    expect(body.message).toContain(message);
  });

  test("that are prompts stay out of searches that do not ask for them", async () => {
    const key = "mlflow.prompt.is_prompt";
    await ok("POST", "registered-models/create", { name: "greeting", tags: [{ key, value: "true" }] });
    await ok("POST", "registered-models/create", { name: "greeter" });
    const tags = [
      { key, value: "true" },
      { key: "mlflow.prompt.text", value: "Hello {{name}}" },
    ];
    await ok("POST", "model-versions/create", { name: "greeting", source: "prompt-template", tags });
    const names = async (filter: string) => {
      const { registered_models = [] } = await ok("GET", "registered-models/search", { filter });
      return registered_models.map(({ name }: { name: string }) => name);
    };
    expect(await names("name LIKE 'greet%'")).toEqual(["greeter"]);
    expect(await names(`name LIKE 'greet%' AND tag.\`${key}\` != 'true'`)).toEqual(["greeter"]);
    expect(await names(`name LIKE 'greet%' AND tags.\`${key}\` = 'false'`)).toEqual(["greeter"]);
    expect(await names(`name LIKE 'greet%' AND tags.\`${key}\` = 'true'`)).toEqual(["greeting"]);
    expect(await ok("GET", "model-versions/search", { filter: "name = 'greeting'" })).toEqual({});
    const taken = await mlflow("POST", "registered-models/create", { name: "greeting" });
    expect(taken.body).toMatchObject({
      error_code: "RESOURCE_ALREADY_EXISTS",
      message: expect.stringContaining("already taken by a prompt"),
    });
  });
});

describe("versions", () => {
  test("are numbers as text, are ready, have stages, tags, aliases, and are found in every way", async () => {
    const run = await logRun(onnx(flights.v1));
    for (const version of ["1", "2", "3"]) expect(await register("staged", run)).toBe(version);
    const { model_version: first } = await ok("GET", "model-versions/get", { name: "staged", version: "1" });
    expect(first).toMatchObject({ current_stage: "None", status: "READY", run_id: run, source: `runs:/${run}/model` });
    const move = (version: string, stage: string, archive: boolean) =>
      mlflow("POST", "model-versions/transition-stage", {
        name: "staged",
        version,
        stage,
        archive_existing_versions: archive,
      });
    expect((await move("1", "production", false)).body.model_version.current_stage).toBe("Production");
    expect((await move("2", "Production", true)).body.model_version.current_stage).toBe("Production");
    expect((await move("3", "archived", true)).status).toBe(400);
    expect((await move("3", "Retired", false)).body.message).toContain("Invalid Model Version stage: Retired");
    const latest = await ok("POST", "registered-models/get-latest-versions", { name: "staged" });
    expect(
      latest.model_versions.map((each: Record<string, string>) => [each["version"], each["current_stage"]]),
    ).toEqual([
      ["1", "Archived"],
      ["2", "Production"],
      ["3", "None"],
    ]);
    const byGet = await ok("GET", "registered-models/get-latest-versions", { name: "staged", stages: "production" });
    expect(byGet.model_versions).toMatchObject([{ version: "2" }]);
    await ok("POST", "model-versions/set-tag", { name: "staged", version: "2", key: "checked by", value: "ann" });
    await ok("POST", "registered-models/alias", { name: "staged", alias: "blessed", version: "2" });
    const search = async (filter: string, more: object = {}) => {
      const found = await ok("GET", "model-versions/search", { filter, ...more });
      return (found.model_versions ?? []).map(({ version }: { version: string }) => version);
    };
    expect(await search("name = 'staged'", { order_by: "version_number ASC" })).toEqual(["1", "2", "3"]);
    expect(await search("name = 'staged' AND (tags.`checked by` = 'ann' OR version_number < 2)")).toEqual(["2", "1"]);
    expect(await search(`run_id IN ('${run}') AND version_number >= 3`)).toEqual(["3"]);
    expect(await search("name = 'staged' AND creation_timestamp > 4102444800000")).toEqual([]);
    const pages: string[] = [];
    let token: string | undefined;
    do {
      const page = { filter: "name = 'staged'", max_results: 2, ...(token !== undefined && { page_token: token }) };
      const answer = await ok("GET", "model-versions/search", page);
      pages.push(...answer.model_versions.map(({ version }: { version: string }) => version));
      token = answer.next_page_token;
    } while (token !== undefined);
    expect(pages.toSorted()).toEqual(["1", "2", "3"]);
    expect((await mlflow("GET", "model-versions/search", { page_token: "invalid_token" })).status).toBe(400);
    expect((await mlflow("GET", "model-versions/search", { filter: "colour = 'red'" })).status).toBe(400);
    expect(
      (await ok("GET", "model-versions/search", { filter: "name = 'staged' AND version_number = 2" })).model_versions,
    ).toMatchObject([{ aliases: ["blessed"], tags: [{ key: "checked by", value: "ann" }] }]);
    await ok("DELETE", "model-versions/delete", { name: "staged", version: "2" });
    expect((await mlflow("GET", "registered-models/alias", { name: "staged", alias: "blessed" })).body).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: "Registered model alias blessed not found.",
    });
    expect(await register("staged", run)).toBe("4");
    const audit = await fetch(`${server.url}/api/v1/audit?subject=staged@2`).then((answer) => answer.json());
    expect(audit.items.map(({ action }: { action: string }) => action)).toEqual([
      "version.delete",
      "stage.set",
      "version.create",
    ]);
  });

  test("come from a logged model, whose run and tag they get, or from another version", async () => {
    const run = await logRun(onnx(flights.v1), "unused");
    const logged = { experiment_id: "0", name: "late", source_run_id: run };
    const { model } = await ok("POST", "logged-models", logged);
    const { model_id: id, artifact_uri: uri } = model.info;
    await put(`${uri}/model.onnx`, onnx(flights.v1));
    await ok("POST", "registered-models/create", { name: "from-logged" });
    const order = { name: "from-logged", source: `models:/${id}`, model_id: id };
    expect((await ok("POST", "model-versions/create", order)).model_version).toMatchObject({
      version: "1",
      run_id: run,
    });
    const tags = (await ok("GET", `logged-models/${id}`)).model.info.tags;
    expect(tags).toEqual([{ key: "mlflow.modelVersions", value: expect.stringContaining('"from-logged"') }]);
    await ok("POST", "registered-models/create", { name: "copy" });
    const copy = { name: "copy", source: "models:/from-logged/1", run_id: run, run_link: "", description: "" };
    expect((await ok("POST", "model-versions/create", copy)).model_version).toMatchObject({
      version: "1",
      run_id: run,
    });
    expect(await ok("GET", "model-versions/get-download-uri", { name: "copy", version: "1" })).toEqual({
      artifact_uri: uri,
    });
    const graph = await client().versions.lineage("copy", 1);
    const [copied, original] = ["version:copy@1", "version:from-logged@1"];
    expect(graph.edges.slice(0, 3)).toEqual([
      { from: copied, to: original, kind: "copied_from" },
      { from: original, to: `logged_model:${id}`, kind: "made_of" },
      { from: `logged_model:${id}`, to: `run:${run}`, kind: "logged_by" },
    ]);
    const operation = await client().deployments.create({ source: `models:/${id}`, name: "from-id", traffic: false });
    expect((await client().operations.wait(operation.id)).result).toMatchObject({ model: "from-id", created: true });
    const again = await client().deployments.create({ source: `models:/${id}`, name: "from-id", traffic: false });
    expect((await client().operations.wait(again.id)).result).toMatchObject({ version: 1, created: false });
    expect(await client().versions.get("from-id", 1)).toMatchObject({ run_id: run, logged_model_id: id });
  });

  test.each([
    ["mlflow-artifacts:/0/../../etc", "relative path"],
    ["mlflow-artifacts:/0/%2e%2e%2f%2e%2e/etc", "relative path"],
    ["file:///etc/passwd", "To use a local path"],
    ["/etc/passwd", "To use a local path"],
    ["models:/m-00000000000000000000000000000000", "must identify the resource"],
    ["runs:/00000000000000000000000000000000/model", "must identify the resource"],
  ])("from %s are refused", async (source, message) => {
    await mlflow("POST", "registered-models/create", { name: "refused" });
    const { status, body } = await mlflow("POST", "model-versions/create", { name: "refused", source });
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    expect(body.message).toContain(message);
  });

  test("from a place that the named run does not have are refused", async () => {
    const [mine, other] = [await logRun(onnx(flights.v1)), await logRun(onnx(flights.v1))];
    await mlflow("POST", "registered-models/create", { name: "placed" });
    const create = (run: string, source: string) =>
      mlflow("POST", "model-versions/create", { name: "placed", source, run_id: run });
    const place = (run: string) => `mlflow-artifacts:/0/${run}/artifacts/model`;
    for (const source of [place(other), `runs:/${other}/model`, "mlflow-artifacts:/0"])
      expect(await create(mine, source)).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining("The run_id request parameter must identify the resource") },
      });
    expect((await create(mine, place(mine))).body.model_version).toMatchObject({ version: "1", run_id: mine });
    const unsaid = await ok("POST", "model-versions/create", { name: "placed", source: place(other) });
    expect(unsaid.model_version).toMatchObject({ version: "2", run_id: other });
  });

  test("that were deployed show in MLflow, and can be downloaded there", async () => {
    const { version } = await deploy(server.url, smallModel("matrix"), { name: "shown" });
    const { model_version } = await ok("GET", "model-versions/get", { name: "shown", version: String(version) });
    const source = `mlflow-artifacts:/slipway-versions/shown/${version}`;
    expect(model_version).toMatchObject({ status: "READY", current_stage: "None", source, aliases: ["champion"] });
    expect(await ok("GET", "model-versions/get-download-uri", { name: "shown", version: "1" })).toEqual({
      artifact_uri: source,
    });
    const at = `${server.url}/api/2.0/mlflow-artifacts/artifacts/slipway-versions/shown/${version}/matrix.onnx`;
    const bytes = Buffer.from(await (await fetch(at)).arrayBuffer());
    expect(bytes.equals(readFileSync(smallModel("matrix")))).toBe(true);
  });
});

describe("a deploy", () => {
  test("of models:/ verifies a registered version where it is, and serves it", async () => {
    const run = await logRun(onnx(flights.v1));
    await register("late", run);
    const before = await client().versions.get("late", 1);
    expect(before).toMatchObject({ state: "registered", digest: null, files: [], run_id: run });
    const listed = await runCli(["versions", "late", "--json", "--url", server.url]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ state: "registered" }]);
    await ok("POST", "registered-models/alias", { name: "late", alias: "2026-best", version: "1" });
    const done = await runCli(["deploy", "models:/late@2026-best", "--json", "--url", server.url]);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toMatchObject({ model: "late", version: 1, endpoint: "late", created: true });
    expect(await client().versions.get("late", 1)).toMatchObject({
      state: "verified",
      files: [{ path: "model.onnx" }],
      signature: { inputs: [{ name: "origin" }, {}, {}, {}, {}] },
    });
    expect((await predict("late")).version).toBe(1);
    const again = await client().deployments.create({ source: "models:/late/1", endpoint: "late-too" });
    expect((await client().operations.wait(again.id)).result).toMatchObject({ version: 1, created: false });
    const audit = await fetch(`${server.url}/api/v1/audit?subject=late@1`).then((answer) => answer.json());
    expect(audit.items.map(({ action }: { action: string }) => action)).toContain("version.verify");
  });

  test("of runs:/ makes a version that knows where it came from", async () => {
    const run = await logRun(onnx(flights.v1), "wing");
    const operation = await client().deployments.create({ source: `runs:/${run}/wing` });
    expect((await client().operations.wait(operation.id)).result).toMatchObject({ model: "wing", version: 1 });
    const graph = await client().versions.lineage("wing", 1);
    expect(graph.nodes.map(({ id }) => id)).toEqual([
      "version:wing@1",
      `run:${run}`,
      "dataset:delays@d1g357",
      "code:train.py@c0ffee",
      "experiment:0",
    ]);
    expect(graph.edges).toContainEqual({ from: "version:wing@1", to: `run:${run}`, kind: "made_by" });
    expect(graph.edges).toContainEqual({ from: `run:${run}`, to: "dataset:delays@d1g357", kind: "read" });
    const shown = await runCli(["show", "wing@1", "--url", server.url]);
    for (const text of ["delays d1g357 (training)", "c0ffee", "train.py", "depth = 7", run])
      expect(shown.stdout).toContain(text);
  });

  test("of runs:/ is watched beside the dataset of the run, where it is among its artifacts", async () => {
    const run = await logRun(onnx(flights.v1), "rotor");
    const { artifact_uri: uri } = (await ok("GET", "runs/get", { run_id: run })).run.info;
    await put(`${uri}/data/january.parquet`, join(root, "examples/flight-delays/v1/reference.parquet"));
    const source = JSON.stringify({ uri: `runs:/${run}/data/january.parquet` });
    const dataset = { name: "january", digest: "1a2b", source_type: "artifact", source };
    await ok("POST", "runs/log-inputs", { run_id: run, datasets: [{ dataset, tags: [] }] });
    await client().operations.wait((await client().deployments.create({ source: `runs:/${run}/rotor` })).id);
    await client().operations.wait((await client().monitoring.makeReference("rotor")).id);
    expect((await client().monitoring.reference("rotor")).reference).toMatchObject({ source: "mlflow", rows: 7750 });
  });

  test("of a model whose name is none of an endpoint asks for one", async () => {
    await register("Late Flights", await logRun(onnx(flights.v1)));
    const refused = await runCli(["deploy", "models:/Late Flights/1", "--url", server.url]);
    expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining("--endpoint")]);
    const served = await runCli([
      "deploy",
      "models:/Late Flights/1",
      "--endpoint",
      "late-flights",
      "--url",
      server.url,
    ]);
    expect(served).toMatchObject({ code: 0 });
    expect((await predict("late-flights")).model).toBe("Late Flights");
  });

  test("of files in a store of their own says so", async () => {
    await mlflow("POST", "registered-models/create", { name: "elsewhere" });
    await ok("POST", "model-versions/create", { name: "elsewhere", source: "s3://bucket/models/1" });
    const refused = await runCli(["deploy", "models:/elsewhere/1", "--url", server.url]);
    expect([refused.code === 0, refused.stderr]).toEqual([
      false,
      expect.stringMatching(/s3:\/\/bucket.*does not read/s),
    ]);
  });
});

describe("an alias that an endpoint follows", () => {
  test("moved through MLflow onto a registered version moves the traffic once that was looked at", async () => {
    await deploy(server.url, onnx(flights.v1), { name: "followed", manifest: { serve: { follow: "live" } } });
    const run = await logRun(onnx(flights.v1));
    const version = await register("followed", run);
    await ok("POST", "registered-models/alias", { name: "followed", alias: "live", version });
    await waitForAlias("followed", "succeeded");
    expect((await predict("followed")).version).toBe(Number(version));
    expect(await client().endpoints.get("followed")).toMatchObject({
      target: { version: 2, follows: "live" },
      warnings: [],
    });
  });

  test("moved right before a kill -9 moves the traffic after the next start", async () => {
    await deploy(server.url, onnx(flights.v1), { name: "resumed", manifest: { serve: { follow: "live" } } });
    const version = await register("resumed", await logRun(onnx(flights.v1)));
    await ok("POST", "registered-models/alias", { name: "resumed", alias: "live", version });
    await server.kill9();
    await server.restart();
    await expect
      .poll(async () => (await predict("resumed")).version, { timeout: 25_000, interval: 100 })
      .toBe(Number(version));
  });

  test("moved onto what cannot be served leaves the endpoint with what it has, and it says why", async () => {
    await deploy(server.url, onnx(flights.v1), { name: "stays", manifest: { serve: { follow: "live" } } });
    const garbage = await register("stays", await logRun(join(flights.v1, "slipway.yaml")));
    const state = await client().aliases.set("stays", "live", { version: Number(garbage) });
    expect(state.operation).toEqual(expect.any(String));
    await waitForAlias("stays", "failed");
    expect((await predict("stays")).version).toBe(1);
    const { warnings, target } = await client().endpoints.get("stays");
    expect([target?.version, warnings]).toEqual([
      1,
      [expect.stringMatching(/stays@live means version 2 now.*goes on with version 1: /)],
    ]);
    expect((await client().versions.get("stays", 2)).state).toBe("registered");
    await ok("POST", "registered-models/alias", { name: "stays", alias: "live", version: "1" });
    expect((await client().endpoints.get("stays")).warnings).toEqual([]);
  });

  test("is held against the gates of a deploy, and cannot be taken away", async () => {
    await deploy(server.url, flights.v1, { name: "gated", manifest: { serve: { follow: "live" } } });
    await deploy(server.url, smallModel("matrix"), { name: "gated", endpoint: "other" });
    const { status, body } = await mlflow("POST", "registered-models/alias", {
      name: "gated",
      alias: "live",
      version: "2",
    });
    expect([status, body.message]).toEqual([400, expect.stringContaining("would break callers")]);
    expect((await ok("GET", "registered-models/alias", { name: "gated", alias: "live" })).model_version.version).toBe(
      "1",
    );
    const drop = await mlflow("DELETE", "registered-models/alias", { name: "gated", alias: "live" });
    expect([drop.status, drop.body.message]).toEqual([400, expect.stringContaining("The endpoint gated uses")]);
    const gone = await mlflow("DELETE", "model-versions/delete", { name: "gated", version: "1" });
    expect(gone.status).toBe(400);
    await client().aliases.set("gated", "live", { version: 2, allow_breaking: true });
    expect((await client().endpoints.get("gated")).target?.version).toBe(2);
    expect((await mlflow("POST", "registered-models/rename", { name: "gated", new_name: "free" })).status).toBe(400);
  });
});

async function predict(endpoint: string) {
  const { origin_late_3h: _, ...record } = flight;
  return client().endpoint(endpoint).predict(record);
}

/** Until the operation that an alias started is over. */
async function waitForAlias(endpoint: string, state: string): Promise<void> {
  const { items } = await client().operations.list({ limit: 50 });
  const found = items.find(({ kind, subject }) => kind === "alias" && subject === endpoint)!;
  for await (const operation of client().operations.watch(found.id))
    if (operation.finished_at !== null) expect([operation.state, operation.error]).toEqual([state, operation.error]);
}
