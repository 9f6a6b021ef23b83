import { beforeAll, describe, expect, test } from "vitest";
import type { NewReplay, ReplayResult } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { deployFacedModels, patientServe } from "../lib/faced-models.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights, pickyFrom, scaledMatrix, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });
const flights = patientFlights();
const serve = patientServe;

async function replay(request: NewReplay): Promise<ReplayResult> {
  const started = await client().replays.create(request);
  return (await client().operations.wait(started.id)).result as unknown as ReplayResult;
}

async function predict(endpoint: string, json: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { body } = await fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json, headers });
  return body as { id: string; instance: string; prediction: Record<string, unknown> };
}

const infer = (model: string, inputs: readonly object[]) =>
  fetchJson(`${server.url}/v2/models/${model}/infer`, { json: { inputs } });

const tensor = (name: string, datatype: string, data: readonly unknown[], shape: number[] = [data.length]) => ({
  name,
  datatype,
  shape,
  data,
});

describe("on the version that answered", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await deployFacedModels(server.url);
    await deploy(server.url, smallModel("slow"), { name: "slow", manifest: { serve } });
  }, 120_000);

  test("named columns of several datatypes come to the same bits, alone and in lists, over both protocols", async () => {
    const { origin_late_3h: _, ...known } = flight;
    for (let hour = 0; hour < 8; hour++) await predict("flights", { ...known, hour });
    await predict("flights", [known, { ...known, origin: "an unknown one" }, { ...known, distance: 0.1 }]);
    const columns = [
      tensor("distance", "FP32", [5, 6.25], [2, 1]),
      ...["destination", "origin"].map((name) => tensor(name, "BYTES", ["JFK", "ATL"])),
      ...["hour", "weekday"].map((name) => tensor(name, "INT64", [3, 4])),
    ];
    expect((await infer("flights", columns)).status).toBe(200);
    const found = await replay({ endpoint: "flights" });
    expect(found).toMatchObject({
      total: 13,
      identical: 13,
      within: 0,
      different: 0,
      not_replayable: {},
      outputs: { late: { identical: 13, max_ulps: 0, max_difference: 0, worst: null } },
      versions: { "flights@1": 13 },
      on: null,
      limited: false,
    });
    expect(Date.parse(found.first_at!)).toBeLessThanOrEqual(Date.parse(found.last_at!));
  });

  test("a matrix, sent as it is or by its columns", async () => {
    await predict("packed", { a: 0.1, b: 2.5, c: 3, d: null });
    await predict("packed", [
      { a: 0.1, b: 2.5, c: 3 },
      { a: -1, b: 0, c: 9, d: 0.3 },
    ]);
    expect((await infer("packed", [tensor("X", "FP32", [1, 2, 3, 4, 5, 6, 7, 8], [2, 4])])).status).toBe(200);
    await predict("matrix", { X: [1, 2, 3, 0.7] });
    const packed = await replay({ endpoint: "packed" });
    expect(packed).toMatchObject({ total: 5, identical: 5, not_replayable: {} });
    expect(await replay({ endpoint: "matrix" })).toMatchObject({ total: 1, identical: 1 });
  });

  test("a model in a worker thread", async () => {
    for (const x of [0.25, 3, -1]) await predict("slow", { X: [[x]] });
    expect(await replay({ endpoint: "slow" })).toMatchObject({
      total: 3,
      identical: 3,
      versions: { "slow@1": 3 },
    });
  });

  test("one prediction, and one row of a request of many", async () => {
    const { id } = await predict("packed", [
      { a: 1, b: 1, c: 1 },
      { a: 2, b: 2, c: 2, d: 2 },
    ]);
    expect(await replay({ prediction: id })).toMatchObject({ total: 2, identical: 2 });
    expect(await replay({ prediction: `${id}/1` })).toMatchObject({ total: 1, identical: 1 });
    const told = await runCli(["replay", `${id}/1`], { url: server.url });
    expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(/identical +1\n/)]);
    await expect(replay({ prediction: `${id}/2` })).rejects.toMatchObject({ code: "prediction_not_found" });
  });

  test("at most so many, of a stretch of time, the newest first", async () => {
    await deploy(server.url, smallModel("matrix"), { name: "some", manifest: { serve } });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await predict("some", [{ X: [i, 0, 0, 0] }, { X: [i, 1, 0, 0] }])).id);
    expect(await replay({ endpoint: "some", limit: 3 })).toMatchObject({ total: 3, identical: 3, limited: true });
    expect(await replay({ endpoint: "some", limit: 10 })).toMatchObject({ total: 10, limited: false });
    const since = (await client().predictions.get(ids[3]!)).at;
    const until = (await client().predictions.get(ids[4]!)).at;
    const { total, first_at } = await replay({ endpoint: "some", since, until });
    expect([first_at, total >= 2 && total <= 4]).toEqual([since, true]);
    expect(await replay({ endpoint: "some", until: "2026-01-01" })).toMatchObject({ total: 0, outputs: {} });
  });

  test("pinned ones run on their version, a fallback's on the one that answered", async () => {
    const fallback = { serve: { ...serve, fallback: "safe" } };
    await deploy(server.url, pickyFrom(998), { name: "picky", manifest: fallback });
    await client().aliases.set("picky", "safe", { version: 1 });
    await deploy(server.url, smallModel("picky"), { name: "picky", manifest: fallback });
    await predict("picky", { code: 11 });
    await predict("picky", { code: 999 });
    await predict("picky@1", { code: 998 });
    expect(await replay({ endpoint: "picky" })).toMatchObject({
      total: 3,
      identical: 3,
      versions: { "picky@1": 2, "picky@2": 1 },
    });
    expect(await replay({ endpoint: "picky", errors: true })).toMatchObject({ total: 1, versions: { "picky@1": 1 } });
  });

  test("a version that was deleted", async () => {
    await deploy(server.url, scaledMatrix(3), { name: "gone", manifest: { serve } });
    await predict("gone", { X: [1, 2, 3, 4] });
    await deploy(server.url, scaledMatrix(5), { name: "gone", manifest: { serve } });
    await client().versions.remove("gone", 1);
    expect(await replay({ endpoint: "gone" })).toMatchObject({ identical: 1, versions: { "gone@1": 1 } });
    const started = await client().server.gc({ older_than_ms: 0 });
    const { result } = await client().operations.wait(started.id);
    expect(result).toMatchObject({ not_replayable: ["gone@1"] });
    expect(await replay({ endpoint: "gone" })).toMatchObject({
      total: 1,
      identical: 0,
      not_replayable: { version_removed: 1 },
      not_replayable_examples: [{ reason: "version_removed", message: expect.stringMatching(/gone@1 .*gc/) }],
    });
    // The other version does not need those files.
    expect(await replay({ endpoint: "gone", on: "gone@2" })).toMatchObject({ different: 1 });
    // Another version brings them back.
    await deploy(server.url, scaledMatrix(3), { name: "gone", manifest: { serve }, traffic: false });
    expect(await replay({ endpoint: "gone" })).toMatchObject({ identical: 1, versions: { "gone@1": 1 } });
  });
});

describe("beside everything else", { timeout: 120_000 }, () => {
  test("records of an earlier start of the server are run, too, and a replay can be cancelled", async () => {
    await server.restart();
    expect(await replay({ endpoint: "packed" })).toMatchObject({ identical: 7, different: 0 });
    const started = await client().replays.create({ endpoint: "slow" });
    await client().operations.cancel(started.id);
    const ended = await client()
      .operations.wait(started.id)
      .then(
        () => null,
        (error: { code: string }) => error.code,
      );
    expect(ended).toBe("cancelled");
    expect(await replay({ endpoint: "slow" })).toMatchObject({ identical: 3 });
  });

  test("traffic goes on while a replay runs, and both give what they should", async () => {
    const started = await client().replays.create({ endpoint: "flights" });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => predict("packed", { a: i, b: 0, c: 0, d: 0 })),
    );
    expect(answers.map(({ prediction }) => prediction)).toEqual(answers.map((_, i) => ({ y: i })));
    const { result } = await client().operations.wait(started.id);
    expect(result).toMatchObject({ total: 13, identical: 13 });
  });
});

describe("what cannot be run again", { timeout: 120_000 }, () => {
  test("is counted by reason; of a single one the operation fails", async () => {
    const manifest = { serve: { ...serve, fallback: { y: 7 } }, log: { fields: ["who"] } };
    await deploy(server.url, smallModel("picky"), { name: "mixed", manifest });
    const fine = await predict("mixed", { code: 10 });
    const fell = await predict("mixed", { code: 5 });
    const unparsed = await predict("mixed", { code: "ten" });
    await deploy(server.url, smallModel("picky"), {
      name: "mixed",
      manifest: { serve: { ...serve, fallback: "none" } },
    });
    const failed = await predict("mixed", { code: 5 });
    await client().endpoints.apply("mixed", { slipway: 1, name: "mixed", log: { redact: ["code"] } });
    const redacted = await predict("mixed", { code: 11 });
    const found = await replay({ endpoint: "mixed" });
    expect(found).toMatchObject({
      total: 5,
      identical: 1,
      not_replayable: { redacted: 1, failed: 1, not_parsed: 1, fallback_value: 1 },
    });
    expect(found.not_replayable_examples.map(({ prediction, reason }) => [reason, prediction])).toEqual([
      ["redacted", redacted.id],
      ["failed", failed.instance],
      ["not_parsed", unparsed.instance],
      ["fallback_value", fell.id],
    ]);
    for (const [id, reason] of [
      [redacted.id, "redacted"],
      [fell.id, "fallback_value"],
      [unparsed.instance, "not_parsed"],
    ] as const)
      await expect(replay({ prediction: id })).rejects.toMatchObject({ code: "not_replayable", details: { reason } });
    expect(await replay({ prediction: fine.id })).toMatchObject({ identical: 1 });
    const told = await runCli(["replay", redacted.id], { url: server.url });
    expect([told.code, told.stderr]).toEqual([5, expect.stringMatching(/values of code were never written down/)]);
  });

  test("erased ones are told as such", async () => {
    await deploy(server.url, smallModel("matrix"), { name: "erased", manifest: { serve } });
    const { id } = await predict("erased", { X: [1, 2, 3, 4] });
    const many = await predict("erased", [{ X: [5, 2, 3, 4] }, { X: [6, 2, 3, 4] }], { "x-slipway-key": "kept" });
    const started = await client().predictions.erase("erased", { where: `id = '${id}'` });
    await client().operations.wait(started.id);
    await expect(replay({ prediction: id })).rejects.toMatchObject({
      code: "not_replayable",
      details: { reason: "erased" },
    });
    expect(await replay({ endpoint: "erased" })).toMatchObject({ total: 2, identical: 2 });
    expect(await replay({ prediction: many.id })).toMatchObject({ identical: 2 });
  });

  test("what is not there is told at once", async () => {
    const code = (request: NewReplay) =>
      replay(request).then(
        () => null,
        (error: { code: string }) => error.code,
      );
    const id = "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11";
    expect(await code({ prediction: id })).toBe("prediction_not_found");
    expect(await code({ endpoint: "nothing" })).toBe("endpoint_not_found");
    expect(await code({ endpoint: "mixed", on: "mixed@9" })).toBe("version_not_found");
    expect(await code({ endpoint: "mixed", on: "mixed@nobody" })).toBe("alias_not_found");
    expect(await code({})).toBe("invalid_request");
    expect(await code({ endpoint: "mixed", prediction: id })).toBe("invalid_request");
    expect(await code({ prediction: id, since: "1h" })).toBe("invalid_request");
  });
});

describe("on another version", { timeout: 120_000 }, () => {
  test("fields that were no inputs then are inputs now; what differs is told with its size", async () => {
    await deploy(server.url, flights.v1);
    const { prediction, id } = await predict("flight-delay", flight);
    const { origin_late_3h: _, ...bare } = flight;
    await predict("flight-delay", bare);
    await deploy(server.url, flights.v2);
    const found = await replay({ endpoint: "flight-delay", on: "flight-delay@2", relative: 0, absolute: 0 });
    expect(found).toMatchObject({
      total: 2,
      different: 2,
      on: "flight-delay@2",
      versions: { "flight-delay@2": 2 },
      not_compared: {},
      ignored_inputs: [],
      empty_inputs: { origin_late_3h: 1 },
    });
    const now = await predict("flight-delay@2", flight);
    const late = (answer: typeof now) =>
      Math.fround((answer.prediction["late"] as { probabilities: { late: number } }).probabilities.late);
    const example = found.examples.find(({ prediction: name }) => name === id)!;
    const isLate = example.index === 1;
    expect(example.got).toBeCloseTo(isLate ? late(now) : 1 - late(now), 6);
    expect(example.expected).toBeCloseTo(isLate ? late({ ...now, prediction }) : 1 - late({ ...now, prediction }), 6);
    expect(example.difference).toBeCloseTo(Math.abs(late(now) - late({ ...now, prediction })), 6);
    const told = await runCli(["replay", "flight-delay", "--on", "flight-delay@2", "-o", "json"], { url: server.url });
    expect([told.code, JSON.parse(told.stdout)]).toEqual([1, expect.objectContaining({ different: 2 })]);
    const wide = ["--absolute", "1", "--relative", "0"];
    const table = await runCli(["replay", "flight-delay", "--on", "flight-delay@2", ...wide], { url: server.url });
    expect([table.code, table.stdout]).toEqual([
      0,
      expect.stringMatching(/within +2 \(1 \+ 0[^]*OUTPUT[^]*late +1 +2 +0/),
    ]);
  });

  test("back again: an input that the older one does not take is named", async () => {
    const { id } = await predict("flight-delay@2", flight);
    expect(await replay({ prediction: id, on: "flight-delay@1", absolute: 1 })).toMatchObject({
      within: 1,
      ignored_inputs: ["origin_late_3h"],
      empty_inputs: {},
    });
  });

  test("another form of the same inputs, and inputs or outputs that are not there", async () => {
    const { id } = await predict("packed", { a: 1, b: 2, c: 3, d: 4 });
    await infer("packed", [tensor("X", "FP32", [1, 2, 3, 4], [1, 4])]);
    const tripled = { a: "float32", b: "float32", c: "float32", d: "float32" };
    const manifest = (inputs: object) => ({ serve, model: { path: "matrix.onnx", inputs } });
    await deploy(server.url, scaledMatrix(3), { name: "packed", traffic: false, manifest: manifest(tripled) });
    const three = await replay({ prediction: id, on: "packed@2" });
    expect(three).toMatchObject({ different: 1, examples: [{ output: "y", expected: 30, got: 90, difference: 60 }] });
    const both = await replay({ endpoint: "packed", limit: 2, on: "packed@2" });
    expect([both.different, both.examples.map(({ got }) => got)]).toEqual([2, [90, 90]]);
    const { d: _, ...three3 } = tripled;
    await deploy(server.url, scaledMatrix(3), {
      name: "packed",
      traffic: false,
      manifest: manifest({ ...three3, e: "float32" }),
    });
    await expect(replay({ prediction: id, on: "packed@3" })).rejects.toMatchObject({
      code: "not_replayable",
      details: { reason: "inputs_missing" },
      message: expect.stringMatching(/has no e,/),
    });
    await expect(replay({ prediction: id, on: "matrix@1" })).rejects.toMatchObject({
      details: { reason: "inputs_missing" },
    });
  });

  test("a range of the other version refuses as it would refuse a caller", async () => {
    const inputs = { a: { type: "float32", range: [5, 6] }, b: "float32", c: "int64", d: "float32" };
    const manifest = { serve, model: { path: "matrix.onnx", inputs } };
    const { version } = await deploy(server.url, smallModel("matrix"), { name: "packed", traffic: false, manifest });
    const { id } = await predict("packed", { a: 1, b: 2, c: 3, d: 4 });
    await expect(replay({ prediction: id, on: `packed@${version}` })).rejects.toMatchObject({
      details: { reason: "inputs_refused" },
      message: expect.stringMatching(/from 5 to 6, got 1/),
    });
  });
});
