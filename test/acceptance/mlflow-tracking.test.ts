import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const at = (path: string, prefix = "/api/2.0/mlflow/") => `${server.url}${prefix}${path}`;
const post = (path: string, json: unknown) => fetchJson(at(path), { json });

async function createRun(order: object = {}): Promise<string> {
  const { status, body } = await post("runs/create", { experiment_id: "0", ...order });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.run.info.run_id;
}

describe("MLflow's API is spoken as its clients and tools speak it", () => {
  test.each(["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/", "/mlflow/ajax-api/2.0/mlflow/", "//api/2.0/mlflow/"])(
    "below %s",
    async (prefix) => {
      const { status, body } = await fetchJson(at("experiments/get?experiment_id=0", prefix));
      expect([status, body.experiment.name]).toEqual([200, "Default"]);
    },
  );

  test("with the parameters of a GET as its body, and with JSON that is encoded twice", async () => {
    const text = JSON.stringify({ experiment_id: "0" });
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      `GET /api/2.0/mlflow/experiments/get HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n` +
        `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    let answer = "";
    for await (const piece of socket) answer += String(piece);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*"name":"Default"/);
    const twice = { body: JSON.stringify(text), headers: { "content-type": "application/json" } };
    const tagged = { key: "twice", value: "yes" };
    const body = JSON.stringify(JSON.stringify({ experiment_id: "0", ...tagged }));
    expect((await fetchJson(at("experiments/set-experiment-tag"), { ...twice, body })).status).toBe(200);
    const { body: got } = await fetchJson(at("experiments/get?experiment_id=0"));
    expect(got.experiment.tags).toEqual([tagged]);
  });

  const json = { "content-type": "application/json" };
  test.each<[string, JsonRequest, number, string, string]>([
    [
      "runs/log-metric",
      { body: "{", headers: json },
      400,
      "INVALID_PARAMETER_VALUE",
      "Missing value for required parameter 'run_id'.",
    ],
    [
      "runs/log-metric",
      { body: "{}", headers: { "content-type": "text/plain" } },
      400,
      "INVALID_PARAMETER_VALUE",
      "Content-Type must be",
    ],
    ["experiments/get?experiment_id=77", {}, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=77 exists"],
    [
      "experiments/create",
      { json: { name: "Default" } },
      400,
      "RESOURCE_ALREADY_EXISTS",
      "Experiment(name=Default) already exists.",
    ],
    ["logged-models/m-1?allow_deleted=maybe", {}, 400, "INVALID_PARAMETER_VALUE", "Invalid boolean value: maybe"],
    ["traces", { json: {} }, 404, "ENDPOINT_NOT_FOUND", "There is nothing at POST /api/2.0/mlflow/traces"],
    ["runs/log-metric", {}, 404, "ENDPOINT_NOT_FOUND", "There is nothing at GET"],
  ])("%s %j -> %i %s", async (path, request, status, code, message) => {
    const answer = await fetchJson(at(path), request);
    expect([answer.status, answer.body.error_code]).toEqual([status, code]);
    expect(answer.body.message).toContain(message);
    expect(answer.headers.get("content-type")).toBe("application/json");
  });

  test("with NaN and infinities as Python writes them", async () => {
    const run_id = await createRun();
    for (const [key, value] of [
      ["a", "NaN"],
      ["b", '"Infinity"'],
      ["c", "-Infinity"],
    ])
      await fetchJson(at("runs/log-metric"), {
        body: `{"run_id": "${run_id}", "key": "${key}", "value": ${value}, "timestamp": "1", "note": "NaN"}`,
        headers: json,
      });
    const { body } = await fetchJson(at(`runs/get?run_id=${run_id}`));
    expect(body.run.data.metrics.map((metric: { value: unknown }) => metric.value)).toEqual([
      "NaN",
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
    ]);
  });

  test("and says what it is", async () => {
    expect((await fetchJson(at("server-info", "/api/3.0/mlflow/"))).body).toMatchObject({ workspaces_enabled: false });
    // From 3.4 on, clients would send traces.
    expect((await fetchJson(`${server.url}/version`)).body).toMatch(/^3\.[0-3]\./);
    expect((await fetchJson(`${server.url}/health`)).body).toBe("OK");
  });
});

test("a client that went away before the answer gets the run that it made when it asks again", async () => {
  // An answer may leave before it is seen that nobody is there any more: then the question is a new one.
  for (let attempt = 0; attempt < 20; attempt++) {
    const { order, first } = await goAway(`attempt ${attempt}`);
    if ((await createRun(order)) !== first) continue;
    // Whoever has had an answer means another run.
    return expect(await createRun(order)).not.toBe(first);
  }
  expect.fail("in none of twenty attempts did the client get its run again");
});

/** Asks for a run and is gone before the answer. */
async function goAway(lost: string) {
  const order = { experiment_id: "0", start_time: Date.now(), tags: [{ key: "lost", value: lost }] };
  const body = JSON.stringify(order);
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  const head = "POST /api/2.0/mlflow/runs/create HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
  socket.end(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`, () => socket.destroy());
  const made = async () => {
    const found = await post("runs/search", { experiment_ids: ["0"], filter: `tags.lost = '${lost}'` });
    return ((found.body.runs ?? []) as { info: { run_id: string } }[]).map(({ info }) => info.run_id);
  };
  await expect.poll(made, { timeout: 20_000 }).toHaveLength(1);
  const [first] = await made();
  return { order, first };
}

test("what was answered is there after kill -9, and a request whose answer the kill took is not a second run", async () => {
  const hurt = await startServer();
  const order = { experiment_id: "0", start_time: Date.now(), run_name: "once" };
  const send = (path: string, json: unknown) => fetchJson(`${hurt.url}/api/2.0/mlflow/${path}`, { json });
  const { run_id } = (await send("runs/create", order)).body.run.info;
  const points = Array.from({ length: 500 }, (_, step) => ({
    key: "loss",
    value: 1 / (step + 1),
    step,
    timestamp: step,
  }));
  await send("runs/log-batch", { run_id, metrics: points });
  await hurt.kill9();
  await hurt.restart();
  expect((await send("runs/create", order)).body.run.info.run_id).toBe(run_id);
  expect((await send("runs/log-batch", { run_id, metrics: points })).body).toEqual({});
  const { body } = await fetchJson(`${hurt.url}/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=loss`);
  expect(body.metrics).toEqual(points);
});

test("experiments and runs are listed and shown by the command line, in MLflow's own words as JSON", async () => {
  const { body } = await post("experiments/create", { name: "listed/one" });
  const run_id = await createRun({
    experiment_id: body.experiment_id,
    run_name: "shown",
    user_id: "ann",
    start_time: 1,
  });
  await post("runs/log-batch", {
    run_id,
    metrics: [{ key: "loss", value: 0.125, timestamp: 5, step: 2 }],
    params: [{ key: "lr", value: "0.1" }],
  });
  const slipway = async (...args: string[]) => (await runCli([...args, "--url", server.url])).stdout;
  expect(await slipway("experiments", "list", "--filter", "name LIKE 'listed/%'", "-o", "csv")).toContain("listed/one");
  expect(await slipway("experiments", "show", "listed/one")).toMatch(/artifacts +mlflow-artifacts:/);
  const filter = "metrics.loss < 0.2 AND (params.lr = '1' OR params.lr = '0.1')";
  const listed = await slipway("runs", "list", "--experiment", "listed/one", "--filter", filter, "-o", "json");
  const { run } = (await fetchJson(at(`runs/get?run_id=${run_id}`))).body;
  expect(JSON.parse(listed)).toEqual([run]);
  expect(await slipway("runs", "show", run_id)).toMatch(/metric loss +0\.125 \(step 2\)\nparam lr +0\.1/);
  expect(await slipway("runs", "list", "--experiment", "listed/one")).toMatch(/loss=0\.125 +lr=0\.1/);
});

test("a token of the scope track logs, and one that may only read does not", async () => {
  const secured = await startServer({ env: { SLIPWAY_TOKEN: "the-first" } });
  const secretOf = async (scope: string) => {
    const args = ["token", "create", "--data", secured.data, "--user", scope, "--scope", scope, "-o", "json"];
    return (JSON.parse((await runCli(args)).stdout) as { secret: string }).secret;
  };
  const create = (authorization: string) =>
    fetchJson(`${secured.url}/api/2.0/mlflow/runs/create`, {
      json: { experiment_id: "0" },
      headers: { authorization },
    });
  const track = await secretOf("track");
  expect((await create(`Bearer ${track}`)).status).toBe(200);
  expect((await create(`Basic ${Buffer.from(`any:${track}`).toString("base64")}`)).status).toBe(200);
  const refused = await create(`Bearer ${await secretOf("read")}`);
  expect([refused.status, refused.body.error_code]).toEqual([403, "PERMISSION_DENIED"]);
  const unknown = await create("Bearer nobody");
  expect([unknown.status, unknown.body.error_code]).toEqual([401, "UNAUTHENTICATED"]);
});
