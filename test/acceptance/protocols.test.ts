import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { deployFacedModels, patientServe } from "../lib/faced-models.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { flights, smallModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const ask = (path: string, request: JsonRequest = {}) => fetchJson(`${server.url}${path}`, request);
const show = async (id: string | null) => (await ask(`/api/v1/predictions/${id}`)).body;

const flight = { origin: "ATL", destination: "JFK", hour: 8, weekday: 1, distance: 760 };
const other = { ...flight, origin: "SFO" };

beforeAll(async () => {
  await deployFacedModels(server.url);
  for (const name of ["columns", "iris-text", "fixed-batch", "picky", "identity"])
    await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
  const log = { key: "flight_id", fields: ["gate"] };
  await deploy(server.url, flights.v2, { name: "keyed", manifest: { serve: patientServe, log } });
  const inputs = { sl: "float32", sw: "float32", pl: "float32", pw: "float32" };
  const manifest = { serve: patientServe, model: { path: "iris-text.onnx", inputs } };
  await deploy(server.url, smallModel("iris-text"), { name: "iris-named", manifest });
}, 60_000);

describe("the MLflow scoring protocol", () => {
  const invoke = (endpoint: string, json: unknown, headers = {}) =>
    ask(`/endpoints/${endpoint}/invocations`, { json, headers });

  test("answers as the other protocols do", async () => {
    const scored = await invoke("flights", { dataframe_records: [flight, other] });
    expect(scored.status, JSON.stringify(scored.body)).toBe(200);
    const v1 = await ask("/v1/models/flights:predict", { json: { instances: [flight, other] } });
    const predicted = await ask("/endpoints/flights/predict", { json: [flight, other] });
    const probabilities = predicted.body.predictions.map((row: { late: { probabilities: object } }) =>
      Object.values(row.late.probabilities),
    );
    expect(scored.body).toEqual({ predictions: { late: probabilities } });
    expect(v1.body).toEqual({ predictions: probabilities });
  });

  test("a tabular model answers with a list of records, one with outputs of other lengths with lists by output", async () => {
    const columns = ["a", "b", "c", "d"];
    const packed = await invoke("packed", {
      dataframe_split: {
        columns,
        data: [
          [1, 2, 3, 4],
          [1, 0, 0, null],
        ],
      },
    });
    expect(packed.body).toEqual({ predictions: [{ y: 30 }, { y: null }] });
    const split = { columns: ["sl", "sw", "pl", "pw"], data: [[5.1, 3.5, 1.4, 0.2]] };
    const iris = await invoke("iris-named", { dataframe_split: split });
    expect(iris.body).toMatchObject({ predictions: { label: ["setosa"], probabilities: [expect.any(Array)] } });
  });

  test("what it answers is on record, with the caller's key and the fields that are kept", async () => {
    const byHeader = await invoke("flights", { dataframe_records: [flight] }, { "x-slipway-key": "mine" });
    const record = await show(byHeader.headers.get("x-slipway-prediction"));
    expect(record).toMatchObject({ face: "scoring", status: "ok", key: "mine" });
    const rows = [
      { ...flight, origin_late_3h: 0.5, flight_id: "f-1", gate: "A1", more: "ignored" },
      { ...flight, origin_late_3h: null, flight_id: "f-2" },
    ];
    const { headers } = await invoke("keyed", { dataframe_records: rows });
    const id = headers.get("x-slipway-prediction");
    expect(await show(`${id}?row=0`)).toMatchObject({ key: "f-1", extra: { flight_id: "f-1", gate: "A1" } });
    expect(await show(`${id}?row=1`)).toMatchObject({ key: "f-2" });
  });

  test("what it refuses is on record too, with its body", async () => {
    const wrong = await invoke("flights", { dataframe_records: [{ ...flight, hour: 8.5 }] });
    expect(wrong).toMatchObject({ status: 400, body: { error_code: "BAD_REQUEST", message: /"hour".*8\.5/ as never } });
    const id = wrong.headers.get("x-slipway-prediction");
    expect(await show(id)).toMatchObject({ status: "error", error: { code: "invalid_request" } });
    const text = await ask("/endpoints/flights/invocations", { body: "hello" });
    expect([text.status, text.headers.get("content-type")]).toEqual([415, "text/plain; charset=utf-8"]);
    expect(await show(text.headers.get("x-slipway-prediction"))).toMatchObject({ status: "error" });
  });

  test("a model that fails on its input is a bad request, as in MLflow", async () => {
    const failed = await invoke("picky", { inputs: [99] });
    expect(failed).toMatchObject({ status: 400, body: { error_code: "BAD_REQUEST" } });
    expect((await invoke("picky", { inputs: [10] })).body).toEqual({ predictions: { y: [0] } });
  });

  test("a version can be pinned", async () => {
    expect((await invoke("flights@1", { dataframe_records: [flight] })).status).toBe(200);
    expect((await invoke("flights@9", { dataframe_records: [flight] })).body).toMatchObject({
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
    expect((await invoke("flights@champion", { dataframe_records: [flight] })).status).toBe(200);
  });

  test("at the root it is for the only endpoint, or the one that is named; else it names the choices", async () => {
    const body = { json: { dataframe_records: [flight] } };
    for (const [path, request] of [
      ["/invocations", body],
      ["/ping", {}],
    ] as const) {
      const answer = await ask(path, request);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
      for (const name of ["flights", "matrix", "packed"]) expect(answer.body.message).toContain(`/endpoints/${name}/`);
    }
    const named = await startServer({ args: ["--default-endpoint", "matrix"] });
    const nobody = await fetchJson(`${named.url}/ping`);
    expect(nobody).toMatchObject({ status: 404, body: { message: expect.stringContaining("matrix") as string } });
    await deploy(named.url, smallModel("matrix"));
    await deploy(named.url, smallModel("picky"));
    expect(await fetchJson(`${named.url}/ping`)).toMatchObject({ status: 200, body: "\n" });
    const scored = await fetchJson(`${named.url}/invocations`, { json: { inputs: [[1, 2, 3, 4]] } });
    expect(scored.body).toEqual({ predictions: { y: [[30]] } });
  });

  test("is counted as every other request", async () => {
    const { body } = await fetchJson<string>(`${server.url}/metrics`);
    expect(body).toMatch(/slipway_requests_total\{[^}]*endpoint="flights"[^}]*\} \d+/);
  });
});

describe("KServe V1", () => {
  const predict = (target: string, json: unknown) => ask(`/v1/models/${target}`, { json });

  test("instances are answered row by row, inputs by column", async () => {
    const byRow = await predict("columns:predict", { instances: [{ origin: "ATL", hour: 8, late: 0.5 }] });
    expect(byRow.body).toEqual({
      predictions: [{ label: expect.any(Number), probabilities: [expect.any(Number), expect.any(Number)] }],
    });
    const inputs = { origin: ["ATL", "JFK"], hour: [8, 9], late: [[0.5], [0]] };
    const byColumn = await predict("columns:predict", { inputs, signature_name: "serving_default" });
    expect(byColumn.body).toEqual({
      outputs: {
        label: [expect.any(Number), expect.any(Number)],
        probabilities: [expect.any(Array), expect.any(Array)],
      },
    });
  });

  test("a model of one input takes bare values, and gives them where it has one output", async () => {
    const bare = { predictions: [[30], [70]] };
    expect(
      (
        await predict("matrix:predict", {
          instances: [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ],
        })
      ).body,
    ).toEqual(bare);
    expect((await predict("matrix:predict", { instances: [{ X: [1, 2, 3, 4] }, { X: [5, 6, 7, 8] }] })).body).toEqual(
      bare,
    );
    expect((await predict("matrix:predict", { inputs: [[1, 2, 3, 4]] })).body).toEqual({ outputs: [[30]] });
    expect((await predict("picky:predict", { instances: [10, 11] })).body).toEqual({ predictions: [0, 1] });
    expect((await predict("fixed-batch:predict", { instances: [[1, 2, 3, 4]] })).status).toBe(200);
  });

  test("a matrix with named columns takes the columns, or the matrix itself", async () => {
    const bare = { predictions: [[30]] };
    expect((await predict("packed:predict", { instances: [{ a: 1, b: 2, c: 3, d: 4 }] })).body).toEqual(bare);
    expect((await predict("packed:predict", { instances: [[1, 2, 3, 4]] })).body).toEqual(bare);
    expect((await predict("packed:predict", { inputs: { X: [[1, 2, 3, 4]] } })).body).toEqual({ outputs: [[30]] });
    expect((await predict("packed:predict", { instances: [[1, 2, 99, 4]] })).body.error).toMatch(/"c".*9/);
  });

  test("text may come as base64", async () => {
    const origin = { b64: Buffer.from("ATL").toString("base64") };
    const plain = await predict("flights:predict", { instances: [flight] });
    expect((await predict("flights:predict", { instances: [{ ...flight, origin }] })).body).toEqual(plain.body);
  });

  test("every datatype goes in and out", async () => {
    const { body } = await ask("/v2/models/identity");
    const values: Record<string, unknown> = { BOOL: true, BYTES: "ä", FP16: 0.5, INT64: "9007199254740993" };
    const rows = (body.inputs as { name: string; datatype: string }[]).map(({ name, datatype }) => {
      const value = values[datatype] ?? 1;
      return [name, [value, value]] as const;
    });
    const answer = await predict("identity:predict", { instances: [Object.fromEntries(rows)] });
    const [row] = answer.body.predictions;
    expect(row).toMatchObject({
      bool_out: [true, true],
      text_out: ["ä", "ä"],
      fp16_out: [0.5, 0.5],
      uint8_out: [1, 1],
    });
    const raw = await fetch(`${server.url}/v1/models/identity:predict`, {
      method: "POST",
      body: JSON.stringify({ instances: [Object.fromEntries(rows)] }),
    });
    expect(await raw.text()).toContain('"int64_out":[9007199254740993,9007199254740993]');
  });

  test("a version in the path pins, and what was asked is on record", async () => {
    const path = "/v1/models/flights/versions/1:predict";
    const answer = await ask(path, { json: { instances: [flight] }, headers: { "x-slipway-key": "k-1" } });
    expect(answer.status).toBe(200);
    const record = await show(answer.headers.get("x-slipway-prediction"));
    expect(record).toMatchObject({ face: "kserve", key: "k-1", pinned: true, version: 1 });
    expect((await ask("/v1/models/flights/versions/9:predict", { json: { instances: [flight] } })).status).toBe(404);
    const encoded = await ask("/v1/models/flights%3Apredict", { json: { instances: [flight] } });
    expect(encoded.status).toBe(200);
  });

  test.each([
    ["no body", "flights:predict", "", /empty/],
    ["a list", "flights:predict", [], /object/],
    ["neither form", "flights:predict", {}, /either/],
    ["both forms", "flights:predict", { instances: [flight], inputs: {} }, /either/],
    ["no instances", "flights:predict", { instances: [] }, /at least one/],
    ["instances that are an object", "flights:predict", { instances: flight }, /list/],
    ["a number among objects", "flights:predict", { instances: [flight, 1] }, /instances\[1\]/],
    ["bare values for many inputs", "flights:predict", { instances: [1] }, /5 inputs.*"origin"/],
    ["an unknown input", "flights:predict", { instances: [{ ...flight, hours: 1 }] }, /"hours".*"hour"/],
    ["a missing input", "flights:predict", { instances: [{ origin: "ATL" }] }, /"destination"/],
    ["a number in quotes", "flights:predict", { instances: [{ ...flight, distance: "8" }] }, /"distance".*"8"/],
    ["a value out of its range", "flights:predict", { instances: [{ ...flight, hour: 24 }] }, /"hour".*24/],
    ["another signature", "flights:predict", { instances: [flight], signature_name: "x" }, /serving_default/],
    ["bytes that are no text", "flights:predict", { instances: [{ ...flight, origin: { b64: "/w==" } }] }, /"origin"/],
    ["rows of different lengths", "matrix:predict", { instances: [[1, 2, 3, 4], [1]] }, /4.*1|lengths/],
    ["a row that is too short", "matrix:predict", { instances: [[1, 2, 3]] }, /shape/],
  ] as const)("%s is refused with a reason", async (_what, target, body, reason) => {
    const answer =
      body === "" ? await ask(`/v1/models/${target}`, { body: "", method: "POST" }) : await predict(target, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(400);
    expect(answer.body).toEqual({ error: expect.stringMatching(reason) as string });
  });
});

test("the endpoint's own document has the paths of these protocols", async () => {
  const { body } = await ask("/endpoints/flights/openapi.json");
  expect(Object.keys(body.paths)).toEqual(["/predict", "/invocations", "/v1/models/flights:predict"]);
});
