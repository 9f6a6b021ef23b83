import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { track } from "../lib/children.ts";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { flight, flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

type Loose = ReturnType<typeof JSON.parse>;

const server = useServer();
const client = () => createClient({ url: server.url });
const name = "flight-delay";
const patient = { timeout: "20s" };

async function predict(endpoint: string, json: unknown, headers: JsonRequest["headers"] = {}) {
  return fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json, headers });
}

async function list(endpoint: string, query: string): Promise<Loose[]> {
  const { status, body } = await fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predictions?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items;
}

beforeAll(async () => {
  const log = { key: "flight_id", fields: ["origin_late_3h", "carrier"] };
  await deploy(server.url, flights.v1, { manifest: { serve: patient, log } });
}, 60_000);

describe("what was answered is on record", () => {
  test("a look that begins after the answer finds it, every time", async () => {
    for (let i = 0; i < 30; i++) {
      const { body } = await predict(name, { ...flight, flight_id: `seen-${i}` });
      const [newest] = await list(name, "limit=1");
      expect(newest).toMatchObject({ id: body.id, key: `seen-${i}`, status: "ok" });
      expect((await client().predictions.get(body.id)).outputs).toEqual(newest.outputs);
    }
  });

  test("what was refused, too, with the body where it was no JSON", async () => {
    const broken = await fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { body: '{"origin": "ATL"' });
    const id = broken.headers.get("x-slipway-prediction") ?? "";
    const record: Loose = await client().predictions.get(id);
    expect(record).toMatchObject({ id, status: "error", error: { code: "invalid_request" }, rows: 0 });
    expect(record.raw_body).toMatchObject({ text: '{"origin": "ATL"', bytes: 16 });
    expect(broken.body.instance).toBe(id);
  });

  test("--follow shows a prediction at most a second after its answer", async () => {
    const args = [findEntry(), "predictions", name, "--follow", "--json", "--limit", "1"];
    const child = track(spawn(process.execPath, args, { env: cleanEnv({ SLIPWAY_URL: server.url }), stdio: "pipe" }));
    const shownAt = new Map<string, number>();
    createInterface({ input: child.stdout }).on("line", (line) => shownAt.set(JSON.parse(line).id, performance.now()));
    await expect.poll(() => shownAt.size, { timeout: 20_000 }).toBe(1);
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) {
      const { body } = await predict(name, flight);
      const answeredAt = performance.now();
      await expect.poll(() => shownAt.has(body.id), { timeout: 10_000, interval: 5 }).toBe(true);
      delays.push((shownAt.get(body.id) ?? 0) - answeredAt);
    }
    child.kill("SIGINT");
    // The middle one, as the machine that runs the tests may be busy.
    expect(delays.toSorted((a, b) => a - b)[4]).toBeLessThan(1000);
    expect(shownAt.size).toBe(10);
  });

  test("--since as a moment and as a duration; until", async () => {
    const before = await predict(name, flight);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const moment = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = await predict(name, flight);
    expect((await list(name, `since=${moment}`)).map((item) => item.id)).toEqual([after.body.id]);
    expect((await list(name, `until=${moment}&limit=1`)).map((item) => item.id)).toEqual([before.body.id]);
    const { stdout } = await runCli(["predictions", name, "--since", "1h", "--limit", "2", "--json"], {
      url: server.url,
    });
    expect(JSON.parse(stdout).map((item: Loose) => item.id)).toEqual([after.body.id, before.body.id]);
    expect((await list(name, "since=0s")).length).toBe(0);
    const wrong = await fetchJson(`${server.url}/api/v1/endpoints/${name}/predictions?since=yesterday`);
    expect([wrong.status, wrong.body.detail]).toEqual([400, expect.stringContaining("yesterday")]);
  });

  test("pages go through everything, both ways, each row once", async () => {
    await predict(name, [flight, flight, flight, flight, flight]);
    const whole = (await list(name, "limit=1000")).map((item) => item.id);
    for (const order of ["newest", "oldest"] as const) {
      const paged: string[] = [];
      for await (const item of client().predictions.all(name, { limit: 3, order })) paged.push(item.id);
      expect(order === "newest" ? paged : paged.toReversed()).toEqual(whole);
    }
    expect(new Set(whole).size).toBe(whole.length);
  });
});

describe("keys, fields, traces", () => {
  test("a key in the header and in the field; a list has one a row", async () => {
    const byHeader = await predict(name, flight, { "x-slipway-key": "K 1/x" });
    const byField = await predict(name, { ...flight, flight_id: "K-2" });
    const byRow = await predict(name, [
      { ...flight, flight_id: "K-3" },
      { ...flight, flight_id: "K-4 ✈" },
    ]);
    const find = async (key: string) => (await list(name, `key=${encodeURIComponent(key)}`)).map((item) => item.id);
    expect(await find("K 1/x")).toEqual([byHeader.body.id]);
    expect(await find("K-2")).toEqual([byField.body.id]);
    expect(await find("K-4 ✈")).toEqual([`${byRow.body.id}/1`]);
    expect(await find("K-")).toEqual([]);
    expect((await client().predictions.find(name, "K-3")).map((item) => item.id)).toEqual([`${byRow.body.id}/0`]);
    const both = await predict(name, [flight, { ...flight, flight_id: "K-7" }, flight], { "x-slipway-key": "K-6" });
    expect(await find("K-6")).toEqual([`${both.body.id}/2`, `${both.body.id}/0`]);
    expect(await find("K-7")).toEqual([`${both.body.id}/1`]);
    const oip = await fetchJson(`${server.url}/v2/models/${name}/infer`, {
      json: { inputs: [] },
      headers: { "x-slipway-key": "K-5" },
    });
    expect(oip.status).toBe(400);
    expect((await list(name, "key=K-5"))[0]).toMatchObject({ face: "oip", status: "error" });
  });

  test("named fields that are no inputs are kept; others are refused", async () => {
    const { body } = await predict(name, { ...flight, carrier: { code: "DL", codeshare: ["AF", null] } });
    const record = await client().predictions.get(body.id);
    expect(record.extra).toEqual({ origin_late_3h: 0.25, carrier: { code: "DL", codeshare: ["AF", null] } });
    const refused = await predict(name, { ...flight, gate: "A1" });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringMatching(/"gate".*log\.fields/)]);
  });

  test("a traceparent is on record", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const { body } = await predict(name, flight, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    expect((await client().predictions.get(body.id)).trace_id).toBe(trace);
    const odd = await predict(name, flight, { traceparent: "rubbish" });
    expect([odd.status, (await client().predictions.get(odd.body.id)).trace_id]).toEqual([200, null]);
  });

  test("durability: disk", async () => {
    await deploy(server.url, smallModel("matrix"), { name: "synced", manifest: { log: { durability: "disk" } } });
    const { body, headers } = await predict("synced", { X: [1, 2, 3, 4] });
    expect(headers.get("x-slipway-logged")).toBe(null);
    expect((await client().predictions.get(body.id)).outputs).toEqual({ y: 30 });
  });
});

/** Every file below a folder, as bytes. */
function* filesBelow(folder: string): Generator<{ path: string; bytes: Buffer }> {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield { path, bytes: readFileSync(path) };
  }
}

describe("redacted fields never reach the disk", () => {
  const secrets = new Set<string>();
  /** A new secret each time, so that the one that leaks tells from where. */
  const secret = (where: string) => {
    const text = `hush${where}hush`;
    secrets.add(text);
    return text;
  };
  const hiddenNumber = 8191.171875;
  const hiddenBytes = Buffer.from(new Float32Array([hiddenNumber]).buffer);
  const raw = (body: string, path = "/api/v1/endpoints/private/predict") =>
    fetchJson(`${server.url}${path}`, { body, headers: { "content-type": "application/json" } });

  beforeAll(async () => {
    const log = {
      key: "passenger",
      fields: ["passenger", "seat", "origin_late_3h"],
      redact: ["passenger", "origin", "hour", "weekday"],
    };
    await deploy(server.url, flights.v1, { name: "private", manifest: { serve: patient, log } });
  }, 60_000);

  test("in a field, in an input, in a list", async () => {
    const record = { ...flight, origin: secret("Input"), passenger: secret("Field"), seat: "12A" };
    const one = await predict("private", record);
    const many = await predict("private", [record, { ...record, passenger: secret("Row") }]);
    expect([one.status, many.status]).toEqual([200, 200]);
    const kept = await client().predictions.get(one.body.id);
    expect(kept.redacted.toSorted()).toEqual(["hour", "origin", "weekday"]);
    expect(Object.keys(kept.inputs).toSorted()).toEqual(["destination", "distance"]);
    expect(kept).toMatchObject({ extra: { seat: "12A" }, key: null });
    expect(JSON.stringify(kept)).not.toContain("hush");
  });

  test("in tensors of OIP", async () => {
    const tensor = (column: string, datatype: string, value: unknown) => ({
      name: column,
      datatype,
      shape: [1, 1],
      data: [value],
    });
    const inputs = [
      tensor("origin", "BYTES", secret("Tensor")),
      tensor("destination", "BYTES", "JFK"),
      tensor("hour", "INT64", 8),
      tensor("weekday", "INT64", 1),
      tensor("distance", "FP32", 760),
    ];
    expect((await raw(JSON.stringify({ inputs }), "/v2/models/private/infer")).status).toBe(200);
    const wrong = [...inputs.slice(0, 4), tensor("distance", "FP32", "far")];
    expect((await raw(JSON.stringify({ inputs: wrong }), "/v2/models/private/infer")).status).toBe(400);
    const type = [...inputs.slice(1), tensor("origin", "INT64", secret("Type"))];
    expect((await raw(JSON.stringify({ inputs: type }), "/v2/models/private/infer")).status).toBe(400);
  });

  test("in a matrix that holds a redacted column", async () => {
    const inputs = { a: "float32", b: "float32", c: "float32", d: "float32" };
    const manifest = { model: { path: "matrix.onnx", inputs }, log: { redact: ["c"] } };
    await deploy(server.url, smallModel("matrix"), { name: "packed", manifest });
    const X = { name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, hiddenNumber, 4] };
    const matrix = await raw(JSON.stringify({ inputs: [X] }), "/v2/models/packed/infer");
    expect(matrix.status).toBe(200);
    expect((await predict("packed", { a: 1, b: 2, c: hiddenNumber, d: 4 })).status).toBe(200);
    const kept = await client().predictions.get(matrix.headers.get("x-slipway-prediction") ?? "");
    expect(kept).toMatchObject({ inputs: {}, redacted: ["X"] });
  });

  test("in a request that is refused: the caller is told, the disk is not", async () => {
    const bad = [
      { ...flight, hour: secret("Hour"), weekday: 1 },
      { ...flight, weekday: [secret("Nested")] },
      { ...flight, weekday: { day: secret("Object") } },
      { ...flight, passenger: secret("Beside"), distance: "far" },
      { ...flight, passenger: secret("Unknown"), gate: "A1" },
      [flight, { ...flight, hour: secret("Second") }],
      { origin: secret("Missing") },
    ];
    for (const body of bad) {
      const answer = await predict("private", body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(400);
    }
  });

  test("in a body that is no JSON at all", async () => {
    const bad = [
      `{"passenger": "${secret("Cut")}"`,
      `{"passenger": ${secret("Bare")}}`,
      secret("Text"),
      `["${secret("List")}",]`,
      `passenger=${secret("Form")}&hour=8`,
      `{"hour": 8, "passenger": '${secret("Quote")}'}`,
    ];
    for (const body of bad) {
      expect((await raw(body)).status).toBe(400);
      expect((await raw(body, "/v2/models/private/infer")).status).toBe(400);
    }
    expect((await raw(`"${secret("String")}"`)).status).toBe(400);
    expect((await raw(`{"inputs": "${secret("Inputs")}"}`, "/v2/models/private/infer")).status).toBe(400);
  });

  test("none of them is in any file of the data folder, nor in what the server said", async () => {
    await server.stop();
    const told = readFileSync(join(server.data, "slipway.json"), "utf8");
    expect(told).toContain("format");
    const found: string[] = [];
    let looked = 0;
    for (const { path, bytes } of filesBelow(server.data)) {
      looked += bytes.length;
      if (bytes.includes(hiddenBytes)) found.push(`${hiddenNumber} in ${path.slice(server.data.length)}`);
      for (const text of secrets) if (bytes.includes(text)) found.push(`${text} in ${path.slice(server.data.length)}`);
    }
    for (const text of secrets) if (server.stderr().includes(text)) found.push(`${text} on stderr`);
    expect(found).toEqual([]);
    // What is not redacted is there, so the search works.
    expect(looked).toBeGreaterThan(100_000);
    expect([...filesBelow(join(server.data, "log"))].some(({ bytes }) => bytes.includes("12A"))).toBe(true);
    await server.restart();
  });
});

describe("a full disk: free space below the reserve", () => {
  const full = useServer({ args: ["--log-reserve", "8000000GiB"] });
  const ask = (endpoint: string, json: unknown = { X: [1, 2, 3, 4] }) =>
    fetchJson(`${full.url}/api/v1/endpoints/${endpoint}/predict`, { json });

  test("by default it answers, says so, and counts", async () => {
    await deploy(full.url, smallModel("matrix"));
    for (let i = 0; i < 3; i++) {
      const { status, headers, body } = await ask("matrix");
      expect([status, headers.get("x-slipway-logged"), body.prediction.y]).toEqual([200, "false", 30]);
    }
    const refused = await ask("matrix", { X: "wrong" });
    expect([refused.status, refused.headers.get("x-slipway-logged")]).toEqual([400, "false"]);
    const oip = await fetchJson(`${full.url}/v2/models/matrix/infer`, {
      json: { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] },
    });
    expect([oip.status, oip.headers.get("x-slipway-logged")]).toEqual([200, "false"]);
    const metrics = await fetchJson<string>(`${full.url}/metrics`);
    expect(metrics.body).toMatch(/^slipway_not_logged_total\{endpoint="matrix"\} 5$/m);
    const status = await createClient({ url: full.url }).server.status();
    expect(status.predictions).toMatchObject({ answered: 5, logged: 0, not_logged: 5 });
    const told = await runCli(["predict", "matrix", "--data", '{"X":[1,2,3,4]}'], { url: full.url });
    expect(told.code).toBe(0);
    expect(told.stderr).toMatch(/not put this prediction on record/);
    expect((await fetchJson(`${full.url}/api/v1/endpoints/matrix/predictions`)).body.items).toEqual([]);
  });

  test("on_full: refuse answers 503, and the control plane still works", async () => {
    await deploy(full.url, smallModel("matrix"), { name: "strict", manifest: { log: { on_full: "refuse" } } });
    const { status, headers, body } = await ask("strict");
    expect([status, body.code, headers.get("x-slipway-logged")]).toEqual([503, "log_unavailable", "false"]);
    expect(body.detail).toMatch(/on_full: refuse/);
    expect(body.prediction).toBeUndefined();
    const oip = await fetchJson(`${full.url}/v2/models/strict/infer`, {
      json: { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] },
    });
    expect([oip.status, oip.body]).toEqual([503, { error: expect.stringContaining("on_full") }]);
    const sdk = createClient({ url: full.url });
    await sdk.endpoints.apply("strict", { slipway: 1, name: "strict", log: { on_full: "serve" } });
    expect((await ask("strict")).status).toBe(200);
  });
});
