import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { deployFacedModels, patientServe } from "../lib/faced-models.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--body-limit", "1MiB"] });

const flight = { origin: "ATL", destination: "JFK", hour: 8, weekday: 1, distance: 760 };

function tensor(name: string, datatype: string, data: unknown, shape: unknown = [1, 1]) {
  return { name, datatype, shape, data };
}

const columns = [
  tensor("origin", "BYTES", ["ATL"]),
  tensor("destination", "BYTES", ["JFK"]),
  tensor("hour", "INT64", [8]),
  tensor("weekday", "INT64", [1]),
  tensor("distance", "FP32", [760]),
];

/** The good request with one of its tensors changed. */
function withTensor(name: string, change: object | null): object {
  const inputs = columns.filter((column) => change !== null || column.name !== name);
  return { inputs: inputs.map((column) => (column.name === name ? { ...column, ...change } : column)) };
}

beforeAll(async () => {
  await deployFacedModels(server.url);
  for (const name of ["identity", "fixed-batch"])
    await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
}, 60_000);

type Case = readonly [what: string, body: unknown, message: RegExp];

/** A body that is a string is sent as it is. */
const records: readonly Case[] = [
  ["nothing", "", /body is empty/],
  ["no JSON", "{origin: ATL}", /not JSON/],
  ["cut JSON", '{"origin": "ATL"', /not JSON/],
  ["text", '"ATL"', /record must be an object.*string/i],
  ["a number", 5, /record must be an object/i],
  ["null", null, /record must be an object.*null/i],
  ["an empty list", [], /list is empty/],
  ["a list of no records", [flight, 7], /records\[1\].*object/],
  ["a list in a list", [[flight]], /must be an object.*array/i],
  ["an empty record", {}, /lacks "origin".*destination/],
  ["a missing field", { ...flight, hour: undefined }, /lacks "hour".*int64/],
  ["a missing field of the second record", [flight, { ...flight, hour: undefined }], /records\[1\] lacks "hour"/],
  ["a misspelt field", { ...flight, orign: "ATL" }, /"orign".*Did you mean "origin"/],
  [
    "a misspelt field in place of the right one",
    { ...flight, origin: undefined, orign: "A" },
    /lacks "origin".*"orign"/,
  ],
  ["text for a number", { ...flight, hour: "eight" }, /"hour".*expected int64.*"eight"/],
  ["a number in quotes", { ...flight, distance: "760" }, /"distance".*float32.*"760".*without quotes/],
  ["a fraction for an integer", { ...flight, hour: 8.5 }, /"hour".*8\.5/],
  ["below the range", { ...flight, hour: -1 }, /"hour".*0.*23.*-1/],
  ["above the range", { ...flight, weekday: 7 }, /"weekday".*0.*6.*7/],
  ["null where nothing may be missing", { ...flight, distance: null }, /"distance".*null/],
  ["NaN as JavaScript writes it", '{"origin":"A","destination":"B","hour":1,"weekday":1,"distance":NaN}', /not JSON/],
  ["an integer beyond 2^53 that JSON has rounded", { ...flight, hour: 2 ** 60 }, /"hour"/],
  ["a number beyond a float", '{"origin":"A","destination":"B","hour":1,"weekday":1,"distance":1e39}', /"distance"/],
  ["a number for text", { ...flight, origin: 5 }, /"origin".*string.*5/],
  ["a list for a plain value", { ...flight, hour: [8] }, /"hour".*array/],
  ["an object for a plain value", { ...flight, hour: { value: 8 } }, /"hour".*object/],
  ["true for a number", { ...flight, hour: true }, /"hour".*true|boolean/],
  ["a proto of its own", '{"__proto__":{"origin":"ATL"}}', /lacks "origin"/],
];

const oip: readonly Case[] = [
  ["nothing", "", /body is empty/],
  ["no JSON", "inputs=1", /not JSON/],
  ["no object", [], /expected an object with "inputs"/],
  ["no inputs", {}, /"inputs" must be an array/],
  ["empty inputs", { inputs: [] }, /"inputs" must be an array of at least one/],
  ["inputs that are no list", { inputs: { origin: 1 } }, /"inputs" must be an array/],
  ["an input that is no object", { inputs: [5] }, /inputs\[0\] must be an object/],
  ["an input without a name", { inputs: [{ datatype: "FP32", shape: [1], data: [1] }] }, /inputs\[0\] needs a "name"/],
  ["an id that is no text", { id: 5, inputs: columns }, /"id" must be a string/],
  ["a very long id", { id: "x".repeat(2000), inputs: columns }, /"id" is longer/],
  ["an unknown input", { inputs: [...columns, tensor("orign", "BYTES", ["ATL"])] }, /"orign".*Did you mean "origin"/],
  ["a missing input", withTensor("hour", null), /"hour"/],
  ["an input given twice", { inputs: [...columns, columns[0]] }, /"origin" is given twice/],
  ["an unknown datatype", withTensor("hour", { datatype: "INT46" }), /unknown datatype .*"INT46".*"INT\d\d"/],
  ["no datatype", withTensor("hour", { datatype: undefined }), /"hour".*datatype/],
  [
    "another datatype than the model's",
    withTensor("hour", { datatype: "FP32" }),
    /"hour".*expected datatype INT64, got FP32/,
  ],
  ["no shape", withTensor("hour", { shape: undefined }), /"hour" needs "shape"/],
  ["a negative size", withTensor("hour", { shape: [-1, 1] }), /"hour".*-1/],
  ["a broken size", withTensor("hour", { shape: [1.5] }), /"hour".*1\.5/],
  ["a size as text", withTensor("hour", { shape: ["1"] }), /"hour".*"1"/],
  [
    "a huge shape",
    withTensor("hour", { shape: [4294967295, 4294967295], data: [1] }),
    /"hour".*more elements than can be/,
  ],
  ["a shape without its data", withTensor("hour", { shape: [100_000_000, 1] }), /100000000 elements.*data has 1/],
  ["too many dimensions", withTensor("hour", { shape: Array.from({ length: 64 }, () => 1) }), /"hour".*at most 32/],
  [
    "a shape of another rank",
    withTensor("hour", { shape: [1, 1, 1] }),
    /"hour".*expected shape \[-1, ?1\].*\[1, ?1, ?1\]/,
  ],
  ["rows that differ between inputs", withTensor("hour", { shape: [2, 1], data: [1, 2] }), /rows|"hour"/],
  ["no rows", { inputs: columns.map((column) => ({ ...column, shape: [0, 1], data: [] })) }, /row/],
  ["no data", withTensor("hour", { data: undefined }), /"hour" needs "data"/],
  ["data that is no list", withTensor("hour", { data: 8 }), /"hour" needs "data", an array/],
  ["too much data", withTensor("hour", { data: [1, 2] }), /1 elements?, but data has 2/],
  ["nested data of another shape", withTensor("hour", { data: [[1, 2]] }), /"hour"/],
  ["text among numbers", withTensor("distance", { data: ["far"] }), /"distance".*"far"/],
  ["null where nothing may be missing", withTensor("distance", { data: [null] }), /"distance".*null/],
  ["NaN as text where nothing may be missing", withTensor("distance", { data: ["NaN"] }), /"distance".*NaN/],
  ["infinity out of the range", withTensor("distance", { data: ["Infinity"] }), /"distance"/],
  ["a fraction for an integer", withTensor("hour", { data: [8.5] }), /"hour".*8\.5/],
  ["out of the range", withTensor("hour", { data: [24] }), /"hour".*24/],
  ["an integer that JSON has rounded", withTensor("hour", { data: [2 ** 53 + 2] }), /"hour".*9007199254740994/],
  ["a number for text", withTensor("origin", { data: [5] }), /"origin".*5/],
  ["an output that there is not", { inputs: columns, outputs: [{ name: "early" }] }, /output "early"/],
  [
    "an output asked for twice",
    { inputs: columns, outputs: [{ name: "late" }, { name: "late" }] },
    /"late" is asked for twice/,
  ],
  ["outputs that are no list", { inputs: columns, outputs: "late" }, /"outputs" must be an array/],
  ["parameters that are no object", { inputs: columns, parameters: [1] }, /"parameters" of the request/],
  [
    "a binary size without the extension",
    withTensor("hour", { data: undefined, parameters: { binary_data_size: 8 } }),
    /binary/,
  ],
];

function send(path: string, body: unknown, request: JsonRequest = {}) {
  const sent = typeof body === "string" ? { body } : { json: body };
  return fetchJson(`${server.url}${path}`, { method: "POST", ...sent, ...request });
}

describe("predict: a 400 that names the trouble", () => {
  test.each(records)("%s", async (_, body, message) => {
    const answer = await send("/api/v1/endpoints/flights/predict", body);
    expect(answer.body.detail).toMatch(message);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: expect.stringMatching(/^invalid_(input|request)$/), retryable: false });
    const kept = await fetchJson(`${server.url}/api/v1/predictions/${answer.headers.get("x-slipway-prediction")}`);
    expect(kept.body).toMatchObject({
      status: "error",
      error: { code: answer.body.code, message: answer.body.detail },
    });
  });
});

describe("OIP: a 400 that names the trouble", () => {
  test.each(oip)("%s", async (_, body, message) => {
    const answer = await send("/v2/models/flights/infer", body);
    expect(answer.body.error).toMatch(message);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual(["error"]);
    const kept = await fetchJson(`${server.url}/api/v1/predictions/${answer.headers.get("x-slipway-prediction")}`);
    expect(kept.body).toMatchObject({ status: "error", face: "oip" });
  });
});

describe("other shapes of models", () => {
  const rows: readonly (readonly [what: string, path: string, body: unknown, message: RegExp])[] = [
    ["a row too short", "/endpoints/matrix/predict", { X: [1, 2, 3] }, /"X".*4/],
    ["a row too long", "/endpoints/matrix/predict", { X: [1, 2, 3, 4, 5] }, /"X".*4/],
    ["a row too deep", "/endpoints/matrix/predict", { X: [[1, 2, 3, 4]] }, /"X"/],
    ["a hole in a row", "/endpoints/matrix/predict", { X: [1, null, 3, 4] }, /"X"\[1\].*null/],
    [
      "a matrix of the wrong width",
      "/v2/models/matrix/infer",
      { inputs: [tensor("X", "FP32", [1, 2], [1, 2])] },
      /"X".*shape.*4/,
    ],
    [
      "a column and the matrix",
      "/v2/models/packed/infer",
      { inputs: [tensor("X", "FP32", [1, 2, 3, 4], [1, 4]), tensor("a", "FP32", [1], [1])] },
      /"X"|"a"/,
    ],
    [
      "a fraction in an integer's column",
      "/v2/models/packed/infer",
      { inputs: [tensor("X", "FP32", [1, 2, 3.5, 4], [1, 4])] },
      /3\.5/,
    ],
    [
      "NaN in a column that is not nullable",
      "/v2/models/packed/infer",
      { inputs: [tensor("X", "FP32", ["NaN", 2, 3, 4], [1, 4])] },
      /NaN/,
    ],
    [
      "out of a column's range",
      "/v2/models/packed/infer",
      { inputs: [tensor("X", "FP32", [1, 2, 10, 4], [1, 4])] },
      /"c"|9/,
    ],
    ["FP16 in JSON", "/v2/models/identity/infer", { inputs: [tensor("fp16_in", "FP16", [1, 2], [1, 2])] }, /FP16/],
    [
      "a list for a model that takes one",
      "/endpoints/fixed-batch/predict",
      [{ X: [1, 2, 3, 4] }, { X: [1, 2, 3, 4] }],
      /one record/,
    ],
  ];
  test.each(rows)("%s", async (_, path, body, message) => {
    const answer = await send(path, body);
    expect(answer.body.detail ?? answer.body.error).toMatch(message);
    expect(answer.status).toBe(400);
  });

  const integers: readonly (readonly [datatype: string, good: unknown, bad: unknown])[] = [
    ["int8", [-128, 127], [0, 128]],
    ["uint8", [0, 255], [-1, 0]],
    ["int16", [-32768, 32767], [0, 32768]],
    ["uint16", [0, 65535], [0, 65536]],
    ["int32", [-2147483648, 2147483647], [0, 2147483648]],
    ["uint32", [0, 4294967295], [-1, 0]],
    ["int64", ["-9223372036854775808", "9223372036854775807"], ["9223372036854775808", 0]],
    ["uint64", ["18446744073709551615", 0], [-1, 0]],
    ["bool", [true, false], ["yes", true]],
    ["fp32", [0.1, 3.4028235e38], [1e39, 0]],
    ["fp64", [0.1, 1.7976931348623157e308], ["0.1", 0]],
    ["text", ["", "日本 ✈"], ["a\u0000b", ""]],
  ];
  test.each(integers)("the edges of %s", async (kind, good, bad) => {
    const { body } = await fetchJson(`${server.url}/v2/models/identity`);
    const record = Object.fromEntries(
      body.inputs.map(({ name, datatype }: { name: string; datatype: string }) => [
        name,
        datatype === "BYTES" ? ["", ""] : datatype === "BOOL" ? [true, true] : [0, 0],
      ]),
    );
    const field = `${kind}_in`;
    const ok = await send("/endpoints/identity/predict", { ...record, [field]: good });
    expect(ok.status, JSON.stringify(ok.body)).toBe(200);
    expect(ok.body.prediction[`${kind}_out`]).toEqual(good);
    const refused = await send("/endpoints/identity/predict", { ...record, [field]: bad });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining(`"${field}"`)]);
  });
});

describe("what is around the body", () => {
  const predictPath = "/api/v1/endpoints/flights/predict";
  test.each([
    ["/api/v1/endpoints/flights@9/predict", 404, /version 9|flights@9/],
    ["/api/v1/endpoints/flights@nobody/predict", 404, /nobody/],
    ["/api/v1/endpoints/flights@/predict", 400, /flights@/],
    ["/api/v1/endpoints/flights@1@2/predict", 400, /flights@1@2/],
    ["/api/v1/endpoints/Flights/predict", 404, /Flights/],
    ["/v2/models/flights/versions/9/infer", 404, /9/],
    ["/v2/models/flights/versions/first/infer", 400, /"first".*versions are/],
    ["/v2/models/flights/versions/0/infer", 400, /"0"/],
    ["/v2/models/nothing/infer", 404, /nothing.*flights/],
  ])("%s -> %i", async (path, status, message) => {
    const answer = await send(path, path.startsWith("/v2") ? { inputs: columns } : flight);
    expect(answer.body.detail ?? answer.body.error).toMatch(message);
    expect(answer.status).toBe(status);
  });

  test.each([["0"], ["-5"], ["soon"], ["NaN"]])("a timeout of %s", async (timeout) => {
    const answer = await send(predictPath, flight, { headers: { "x-slipway-timeout-ms": timeout } });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(timeout)]);
  });

  test("a body over the limit", async () => {
    for (const path of [predictPath, "/v2/models/flights/infer"]) {
      const answer = await send(path, JSON.stringify({ ...flight, origin: "x".repeat(2 ** 20) }));
      expect(answer.status).toBe(413);
      expect(answer.body.detail ?? answer.body.error).toMatch(/too large/i);
    }
  });

  test("UTF-8 that is none, and a byte order mark", async () => {
    const broken = await fetchJson(`${server.url}${predictPath}`, { body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) });
    expect([broken.status, broken.body.detail]).toEqual([400, expect.stringContaining("UTF-8")]);
    const marked = await fetchJson(`${server.url}${predictPath}`, { body: `\ufeff${JSON.stringify(flight)}` });
    expect([200, 400]).toContain(marked.status);
  });

  test.each([
    ["POST", "stop", { fallbak: true }, /fallbak/],
    ["POST", "start", { mesage: "again" }, /mesage/],
    ["POST", "promote", { version: 1, allow_braking: true }, /allow_braking/],
    ["POST", "rollback", { too: 1 }, /too/],
    ["PUT", "traffic", { arms: [], unt: "header:x-user" }, /unt/],
    ["PUT", "traffic", { arms: [{ version: 1, share: 5000, unit: "user" }] }, /arms.*unit/],
    ["PUT", "traffic", { arms: [], unit: "header:x-user" }, /unit.*there are no arms/],
    ["PUT", "traffic", { arms: [], control: true }, /control.*there are no arms/],
  ])("%s %s with %j changes nothing", async (method, what, json, message) => {
    const about = `${server.url}/api/v1/endpoints/flights`;
    const answer = await fetchJson(`${about}/${what}`, { method, json });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringMatching(message)]);
    expect((await fetchJson(about)).body).toMatchObject({ revision: 1, stop: null });
  });

  test("the good requests are good", async () => {
    expect((await send(predictPath, flight)).status).toBe(200);
    expect((await send("/v2/models/flights/infer", { inputs: columns })).status).toBe(200);
    expect((await send(predictPath, { ...flight, distance: "-0" })).status).toBe(400);
    expect(
      (await send(predictPath, JSON.stringify(flight), { headers: { "content-type": "text/plain" } })).status,
    ).toBe(200);
  });
});
