import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { hashUnit } from "@slipway/statistics";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient } from "../lib/grpc-client.ts";
import { scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });

/** Version 1 answers 1 for the row [1, 0, 0, 0], version 2 answers -1, version 3 answers 2. */
const factors = [1, -1, 2];

beforeAll(async () => {
  for (const factor of factors)
    await deploy(server.url, scaledMatrix(factor), { name: "sign", manifest: { serve: { timeout: "20s" } } });
  await client().endpoints.promote("sign", 1);
}, 60_000);

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly record?: Readonly<Record<string, unknown>>;
  readonly pin?: number;
}

/** The version that answered, by its number and by what it said; and the id. */
async function ask({ headers = {}, record = {}, pin }: Asked = {}) {
  const path = `/endpoints/sign${pin === undefined ? "" : `@${pin}`}/predict`;
  const { status, body } = await fetchJson(`${server.url}${path}`, { json: { X: [1, 0, 0, 0], ...record }, headers });
  expect([status, body.code]).toEqual([200, undefined]);
  expect(body.prediction.y).toBe(factors[body.version - 1]);
  return { version: body.version as number, id: body.id as string };
}

async function recordOf(id: string) {
  const { arm, rule, propensity, version, status } = await client().predictions.get(id);
  return { arm, rule, propensity, version, status };
}

const slipway = (...args: string[]) => runCli(args, { url: server.url });

describe("a split", () => {
  test("sends each user where its bucket is, at every step of a ramp, and says so on record", async () => {
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const had = new Map<string, number>();
    for (const share of [1000, 5000, 10_000]) {
      await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share }], unit: "header:x-user" });
      const { seed } = await client().endpoints.traffic("sign");
      for (const user of users) {
        const { version, id } = await ask({ headers: { "x-user": user } });
        expect(version).toBe(hashUnit(seed, user) < share ? 2 : 1);
        if (had.get(user) === 2) expect(version).toBe(2);
        had.set(user, version);
        if (user !== "user-7") continue;
        const arm = version === 2 ? "challenger" : "champion";
        const propensity = version === 2 ? share / 10_000 : 1 - share / 10_000;
        expect(await recordOf(id)).toEqual({ arm, rule: undefined, propensity, version, status: "ok" });
        expect((await client().predictions.get(id)).extra).toEqual({ "header:x-user": user });
      }
    }
  });

  test("of a record field, which needs not be an input; who has none gets the champion", async () => {
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 10_000 }], unit: "user_id" });
    const known = await ask({ record: { user_id: 17 } });
    expect(await recordOf(known.id)).toMatchObject({ arm: "challenger", propensity: 1, version: 2 });
    const unknown = await ask();
    expect(await recordOf(unknown.id)).toMatchObject({ arm: "champion", rule: "no_unit", propensity: 1, version: 1 });
    const bad = await fetchJson(`${server.url}/endpoints/sign/predict`, { json: { X: "no", user_id: 17 } });
    expect(bad.status).toBe(400);
    expect(await recordOf(bad.body.instance)).toMatchObject({ arm: "champion", rule: "no_unit", status: "error" });
  });

  test("by rules, of headers and gRPC metadata alike; a version that is named is no part of it", async () => {
    const rules = [{ name: "testers", header: "X-Tester", values: ["yes"], version: 3 }];
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 0 }], unit: null, rules });
    const tester = await ask({ headers: { "x-tester": "yes" } });
    expect(await recordOf(tester.id)).toEqual({ arm: "v3", rule: "testers", propensity: 1, version: 3, status: "ok" });
    expect((await ask({ headers: { "x-tester": "no" } })).version).toBe(1);
    const pinned = await ask({ headers: { "x-tester": "yes" }, pin: 2 });
    expect(await recordOf(pinned.id)).toEqual({ version: 2, status: "ok" });
    const input = { name: "X", datatype: "FP32", shape: [1, 4], contents: { fp32_contents: [1, 0, 0, 0] } };
    const grpc = createGrpcClient(server.grpc);
    const answer = await grpc.call(
      "ModelInfer",
      { model_name: "sign", inputs: [input] },
      { metadata: { "x-tester": "yes" } },
    );
    expect(answer.body.model_version).toBe("3");
    grpc.close();
  });

  test("what is in it cannot be deleted, and is not divided any more after a promotion", async () => {
    await client().endpoints.setTraffic("sign", { arms: [], shadows: [{ version: 2, share: 100 }] });
    await expect(client().versions.remove("sign", 2)).rejects.toMatchObject({ code: "in_use" });
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 100 }] });
    await expect(client().versions.remove("sign", 2)).rejects.toMatchObject({ code: "in_use" });
    await client().endpoints.promote("sign", 3);
    expect((await client().endpoints.get("sign")).traffic).toMatchObject({ arms: [], rules: [], shadows: [] });
    expect(await recordOf((await ask()).id)).toEqual({ version: 3, status: "ok" });
  });
});

test("a rollback leads to what is settled: out of a split to its target, and never to a step of one", async () => {
  await client().endpoints.promote("sign", 1);
  await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 1000 }] });
  await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 5000 }] });
  const out = await client().endpoints.rollback("sign");
  expect([out.target?.version, out.traffic.arms]).toEqual([1, []]);
  await client().endpoints.setTraffic("sign", { arms: [{ version: 3, share: 1000 }] });
  await client().endpoints.promote("sign", 2);
  const back = await client().endpoints.rollback("sign");
  expect([back.target?.version, back.traffic.arms]).toEqual([1, []]);
});

describe("the kill switch", () => {
  test("refuses at once, lasts over a promotion, and is taken back", async () => {
    const before = await client().endpoints.promote("sign", 1);
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 5000 }] });
    const stopped = await client().endpoints.stop("sign", { message: "it says nonsense" });
    expect([stopped.state, stopped.target, stopped.traffic.arms]).toEqual(["stopped", before.target, []]);
    const refused = async () => {
      const { status, body } = await fetchJson(`${server.url}/endpoints/sign/predict`, { json: { X: [1, 0, 0, 0] } });
      return [status, body.code];
    };
    expect(await refused()).toEqual([503, "endpoint_stopped"]);
    expect((await fetchJson(`${server.url}/v2/models/sign/ready`)).status).not.toBe(200);
    await client().endpoints.promote("sign", 2);
    expect(await refused()).toEqual([503, "endpoint_stopped"]);
    expect((await client().endpoints.start("sign")).state).toBe("ready");
    expect((await ask()).version).toBe(2);
  });

  test("has the fallback answer, a value too, though no version is in memory", async () => {
    await expect(client().endpoints.stop("sign", { fallback: true })).rejects.toMatchObject({
      code: "precondition_failed",
    });
    const manifest = { slipway: 1, name: "sign", serve: { timeout: "20s", fallback: { y: 0.5 } } };
    await client().endpoints.apply("sign", manifest);
    await client().endpoints.stop("sign", { fallback: true });
    const answer = async () =>
      (await fetchJson(`${server.url}/endpoints/sign/predict`, { json: { X: [1, 0, 0, 0] } })).body;
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: 0.5 }, fallback: "value: endpoint_stopped" });
    await server.restart();
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: 0.5 }, fallback: "value: endpoint_stopped" });
    await client().endpoints.start("sign");
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: -1 } });
  });
});

test("an arm that does not load at a start leaves its traffic to the champion, and is named", async () => {
  await client().endpoints.promote("sign", 1);
  await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 10_000 }], unit: null });
  expect((await ask()).version).toBe(2);
  const version = await client().versions.get("sign", 2);
  await server.stop();
  const { sha256 } = version.files[0]!;
  writeFileSync(join(server.data, "blobs", sha256.slice(0, 2), sha256), "no model any more");
  await server.restart();
  const { id, version: answered } = await ask();
  expect(answered).toBe(1);
  expect(await recordOf(id)).toMatchObject({ arm: "champion", propensity: 1, version: 1 });
  expect((await client().endpoints.get("sign")).warnings.join()).toContain("challenger (version 2)");
  expect((await client().endpoints.traffic("sign")).arms[1]).toMatchObject({ name: "challenger", state: "failed" });
});

test("the command line divides, shows and stops", async () => {
  const set = await slipway("traffic", "set", "sign@1=75", "sign@3=25", "--unit", "header:x-user", "--control");
  expect([set.code, set.stdout]).toEqual([
    0,
    expect.stringContaining("champion (version 1) 50 %, challenger (version 3) 25 %, control (version 1) 25 %"),
  ]);
  const shown = await slipway("traffic", "show", "sign");
  expect(shown.stdout).toMatch(/unit +header:x-user/);
  expect(shown.stdout).toMatch(/challenger +3 +25 % +ready/);
  const wrong = await slipway("traffic", "set", "sign@1=75", "sign@3=20");
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("95 % together")]);
  const cleared = await slipway("traffic", "set", "sign", "--clear");
  expect(cleared.stdout).toContain("All traffic of sign goes to version 1");
  expect((await slipway("stop", "sign")).stdout).toContain("it refuses every request");
});
