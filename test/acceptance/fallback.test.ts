import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, pickyFrom, quickenedSlow, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

type Loose = ReturnType<typeof JSON.parse>;

const server = useServer();
const client = () => createClient({ url: server.url });

function predict(endpoint: string, json: unknown, headers: Readonly<Record<string, string>> = {}) {
  return fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json, headers });
}

async function recordOf(id: string): Promise<Loose> {
  return client().predictions.get(id);
}

const patient = { timeout: "20s" };
/** `picky.onnx` answers codes 10, 11 and 12 and fails on any other. */
const good = { code: 11 };
const bad = { code: 999 };
const tensors = (code: number) => ({
  inputs: [{ name: "code", datatype: "INT64", shape: [2], data: [code, code] }],
});

describe("without a fallback", () => {
  beforeAll(async () => {
    await deploy(server.url, smallModel("picky"), { name: "plain", manifest: { serve: patient } });
  }, 60_000);

  test("a model that fails is told as such: 500 with the reason, on record", async () => {
    expect((await predict("plain", good)).body.prediction).toEqual({ y: 1 });
    const { status, body, headers } = await predict("plain", bad);
    expect([status, body.code, headers.get("x-slipway-fallback")]).toEqual([500, "model_failed", null]);
    expect(await recordOf(body.instance)).toMatchObject({
      status: "error",
      error: { code: "model_failed" },
      fallback: null,
    });
    const oip = await fetchJson(`${server.url}/v2/models/plain/infer`, { json: tensors(999) });
    expect([oip.status, Object.keys(oip.body)]).toEqual([500, ["error"]]);
  });

  test("one caller's bad input does not spoil another's answer of the same moment", async () => {
    const codes = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 999 : 10 + (i % 3)));
    const answers = await Promise.all(codes.map((code) => predict("plain", { code })));
    expect(answers.map(({ status, body }) => (status === 200 ? body.prediction.y + 10 : status))).toEqual(
      codes.map((code) => (code === 999 ? 500 : code)),
    );
  });
});

describe("a value", () => {
  beforeAll(async () => {
    const manifest = { serve: { ...patient, fallback: { y: 0.5 } } };
    await deploy(server.url, smallModel("picky"), { name: "valued", manifest });
    const late = { serve: { ...patient, fallback: { late: 0.2 } }, log: { fields: ["origin_late_3h"] } };
    await deploy(server.url, flights.v1, { name: "late", manifest: late });
  }, 60_000);

  test("answers for a model that fails, is marked in the answer and on record", async () => {
    const one = await predict("valued", bad);
    expect([one.status, one.headers.get("x-slipway-fallback")]).toEqual([200, "true"]);
    expect(one.body).toMatchObject({ prediction: { y: 0.5 }, fallback: expect.stringMatching(/value.*model_failed/) });
    expect(await recordOf(one.body.id)).toMatchObject({
      status: "fallback",
      fallback: one.body.fallback,
      inputs: bad,
      outputs: { y: 0.5 },
      error: null,
    });
    const many = await predict("valued", [bad, good]);
    expect(many.body).toMatchObject({ predictions: [{ y: 0.5 }, { y: 0.5 }], fallback: expect.any(String) });
  });

  test("in OIP it is a parameter of the answer", async () => {
    const { status, body, headers } = await fetchJson(`${server.url}/v2/models/valued/infer`, { json: tensors(999) });
    expect([status, headers.get("x-slipway-fallback")]).toEqual([200, "true"]);
    expect(body.parameters.slipway_fallback).toMatch(/value.*model_failed/);
    expect(body.outputs).toMatchObject([{ name: "y", data: [0.5, 0.5] }]);
  });

  test("is not used where the model answers, nor for a request that is wrong", async () => {
    const fine = await predict("valued", good);
    expect([fine.headers.get("x-slipway-fallback"), fine.body.fallback, fine.body.prediction]).toEqual([
      null,
      undefined,
      { y: 1 },
    ]);
    const wrong = await predict("valued", { code: "eleven" });
    expect([wrong.status, wrong.headers.get("x-slipway-fallback")]).toEqual([400, null]);
  });

  test("of a model with classes is a class and its probabilities", async () => {
    const { body } = await predict("late", flight, { "x-slipway-timeout-ms": "0.000001" });
    expect(body.fallback).toMatch(/deadline_exceeded/);
    expect(body.prediction.late.class).toBe("on_time");
    expect(body.prediction.late.probabilities.late).toBeCloseTo(0.2, 6);
    expect(body.prediction.late.probabilities.on_time).toBeCloseTo(0.8, 6);
  });

  test("is told by the SDK and the command line, and found among the errors", async () => {
    const answer = await client().endpoint("valued").predict(bad, { timeoutMs: 20_000 });
    expect(answer.fallback).toMatch(/model_failed/);
    const told = await runCli(["predict", "valued", "--data", JSON.stringify(bad)], { url: server.url });
    expect([told.code, told.stderr]).toEqual([0, expect.stringMatching(/fallback answered: .*model_failed/)]);
    const { stdout } = await runCli(["predictions", "valued", "--errors", "--limit", "1", "--json"], {
      url: server.url,
    });
    expect(JSON.parse(stdout)[0]).toMatchObject({ status: "fallback" });
    const metrics = await fetchJson<string>(`${server.url}/metrics`);
    expect(metrics.body).toMatch(/^slipway_requests_total\{endpoint="valued",version="1",outcome="fallback"\} [1-9]/m);
  });
});

describe("an alias", { timeout: 120_000 }, () => {
  /** Version 1 answers 998 to 1000, version 2 answers 10 to 12. */
  beforeAll(async () => {
    const serve = { ...patient, fallback: "safe" };
    await deploy(server.url, pickyFrom(998), { name: "aliased", manifest: { serve } });
    await client().aliases.set("aliased", "safe", { version: 1 });
    await deploy(server.url, smallModel("picky"), { name: "aliased", manifest: { serve } });
  }, 60_000);

  test("another version answers where this one fails, marked, on record as the version that answered", async () => {
    expect(await client().endpoints.get("aliased")).toMatchObject({
      target: { version: 2 },
      serve: { fallback: { alias: "safe" } },
    });
    const fine = await predict("aliased", good);
    expect([fine.body.version, fine.body.fallback]).toEqual([2, undefined]);
    const { status, body, headers } = await predict("aliased", bad);
    expect([status, headers.get("x-slipway-fallback")]).toEqual([200, "true"]);
    expect(body).toMatchObject({
      version: 1,
      prediction: { y: 1 },
      fallback: expect.stringMatching(/safe.*1.*model_failed/),
    });
    expect(await recordOf(body.id)).toMatchObject({
      status: "fallback",
      version: 1,
      digest: (await client().versions.get("aliased", 1)).digest,
      fallback: body.fallback,
      outputs: { y: 1 },
    });
    const oip = await fetchJson(`${server.url}/v2/models/aliased/infer`, { json: tensors(999) });
    expect(oip.body).toMatchObject({ model_version: "1", outputs: [{ data: [1, 1] }] });
  });

  test("where that fails too, the first error is told", async () => {
    const { status, body } = await predict("aliased", { code: 5 });
    expect([status, body.code]).toEqual([500, "model_failed"]);
  });

  test("the alias moves, and with it what answers", async () => {
    const { version } = await deploy(server.url, pickyFrom(999), { name: "aliased", traffic: false });
    expect((await predict("aliased", bad)).body).toMatchObject({ version: 1, prediction: { y: 1 } });
    await client().aliases.set("aliased", "safe", { version });
    expect((await predict("aliased", bad)).body).toMatchObject({ version, prediction: { y: 0 } });
    // An alias that leads to the version that serves leads nowhere.
    await client().aliases.set("aliased", "safe", { version: 2 });
    expect((await predict("aliased", bad)).status).toBe(500);
    await client().aliases.set("aliased", "safe", { version: 1 });
  });

  test("it lasts over a restart", async () => {
    await server.restart();
    expect((await predict("aliased", bad)).body).toMatchObject({ version: 1, prediction: { y: 1 } });
  });

  test("a deadline that passes counts as a failure", async () => {
    const serve = { timeout: "2ms", fallback: "quick" };
    await deploy(server.url, quickenedSlow(), { name: "late-alias", manifest: { serve } });
    await client().aliases.set("late-alias", "quick", { version: 1 });
    expect((await deploy(server.url, smallModel("slow"), { name: "late-alias", manifest: { serve } })).placement).toBe(
      "worker",
    );
    const { status, body } = await predict("late-alias", { X: [[3]] });
    expect([status, body.version, body.prediction]).toEqual([200, 1, { y: 54 }]);
    expect(body.fallback).toMatch(/quick.*1.*deadline_exceeded/);
    expect(await recordOf(body.id)).toMatchObject({ status: "fallback", version: 1, outputs: { y: 54 } });
  });
});

describe("a deadline", () => {
  beforeAll(async () => {
    await deploy(server.url, smallModel("slow"), { name: "slow", manifest: { serve: { timeout: "20s" } } });
    const manifest = { serve: { timeout: "1ms", fallback: { y: 7 } } };
    await deploy(server.url, smallModel("slow"), { name: "hasty", manifest });
  }, 60_000);

  test("of the caller's own, in a header: 504 in time, on record", async () => {
    const startedAt = performance.now();
    const { status, body } = await predict("slow", { X: [[1]] }, { "x-slipway-timeout-ms": "2" });
    expect([status, body.code]).toEqual([504, "deadline_exceeded"]);
    expect(body.detail).toMatch(/within 2 ms/);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await recordOf(body.instance)).toMatchObject({ status: "error", error: { code: "deadline_exceeded" } });
    // What was dropped does not hold up what comes after it.
    expect((await predict("slow", { X: [[1]] })).status).toBe(200);
  });

  test("of the endpoint, with a value: answered, marked, on record", async () => {
    const { status, body } = await predict("hasty", { X: [[1]] });
    expect([status, body.prediction]).toEqual([200, { y: 7 }]);
    expect(body.fallback).toMatch(/value.*deadline_exceeded/);
    expect(await recordOf(body.id)).toMatchObject({ status: "fallback", fallback: body.fallback });
  });

  test("a model in the server's own thread is held to it, too", async () => {
    await deploy(server.url, smallModel("matrix"), { name: "quick", manifest: { serve: { timeout: "20s" } } });
    const { status, body } = await predict("quick", { X: [1, 2, 3, 4] }, { "x-slipway-timeout-ms": "0.000001" });
    expect([status, body.code]).toEqual([504, "deadline_exceeded"]);
  });
});
