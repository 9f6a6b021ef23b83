import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrafficView } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { hashUnit } from "@slipway/statistics";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient } from "../lib/grpc-client.ts";
import { flight, flights, scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

// Each transition has to be in force in all processes.
const server = useServer(process.env["MODE"] === "chaos" ? { args: ["--http-workers", "2"], readyMs: 60_000 } : {});
const client = () => createClient({ url: server.url });

/** Version 1 answers 1 for the row [1, 0, 0, 0], version 2 answers -1, version 3 answers 2. */
const factors = [1, -1, 2] as const;

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

describe("transitions under load", () => {
  interface Answer {
    readonly id: string;
    readonly version: number;
    readonly y: number;
  }

  const transitions = rounds(20, 1000);
  const troubles: string[] = [];
  const answers: Answer[] = [];
  const over = new AbortController();
  /** What each revision says of its arms; null: the traffic is not divided. */
  const armsOf = new Map<number, ReadonlyMap<string, TrafficView["arms"][number]> | null>();

  async function askUntilOver(caller: number): Promise<void> {
    for (let n = 1; !over.signal.aborted; n++) {
      const headers = { "x-user": `${caller}/${n}`, ...(n % 7 === 0 ? { "x-tester": "yes" } : {}) };
      const sent = caller * 100_000 + n;
      const { status, body } = await fetchJson(`${server.url}/endpoints/sign/predict`, {
        json: { X: [sent, 0, 0, 0] },
        headers,
      });
      if (status !== 200) troubles.push(`failed: ${status} ${JSON.stringify(body)}`);
      else {
        answers.push({ id: body.id, version: body.version, y: body.prediction.y });
        if (body.prediction.y !== sent * factors[body.version - 1]!)
          troubles.push(`mixed: version ${body.version} answered ${body.prediction.y} for ${sent}`);
      }
    }
  }

  /** Splits that grow and shrink, rules, controls, promotions, rollbacks and clearings, in an order that is the same each time. */
  function transit(round: number): Promise<unknown> {
    const { endpoints } = client();
    const rules = [{ name: "testers", header: "x-tester", values: ["yes"], version: 2 + (round % 2) }];
    const share = [1, 500, 5000, 3333][round % 4]!;
    switch (round % 10) {
      case 3:
        return endpoints.promote("sign", 1 + (Math.floor(round / 10) % 3));
      case 6:
        return endpoints.rollback("sign");
      case 8:
        return endpoints.setTraffic("sign", { arms: [] });
      default:
        return divide({ share, rules, isOdd: round % 2 === 1 });
    }
  }

  async function divide({ share, rules, isOdd }: { share: number; rules: { version: number }[]; isOdd: boolean }) {
    const { endpoints } = client();
    const served = (await endpoints.get("sign")).target!.version;
    const [second, third] = [1, 2, 3].filter((version) => version !== served);
    const arms = isOdd
      ? [{ version: second!, share }]
      : [
          { version: second!, share },
          { version: third!, share: Math.floor(share / 2) },
        ];
    const named = rules.map((rule) => ({ ...rule, version: second! })) as never;
    return endpoints.setTraffic("sign", { arms, unit: isOdd ? "header:x-user" : null, rules: named, control: isOdd });
  }

  test(
    `${transitions} transitions of divided traffic under load: 0 failed, 0 mixed`,
    { timeout: rounds(120_000, 1_800_000) },
    async () => {
      const load = Array.from({ length: 6 }, (_, caller) => askUntilOver(1 + caller));
      for (let round = 0; round < transitions && troubles.length === 0; round++) {
        const before = answers.length;
        await transit(round);
        const view = await client().endpoints.traffic("sign");
        const isDivided = view.arms.length > 1 || view.rules.length > 0;
        armsOf.set(view.revision, isDivided ? new Map(view.arms.map((arm) => [arm.name, arm])) : null);
        while (answers.length < before + 5 && troubles.length === 0)
          await new Promise((resolve) => void setImmediate(resolve));
      }
      over.abort();
      await Promise.all(load);
      expect(troubles.slice(0, 5)).toEqual([]);
      expect(answers.length).toBeGreaterThan(5 * transitions - 1);
    },
  );

  test(
    "each answer is of the arm that its record names, at the share that its revision gives it",
    { timeout: 120_000 },
    async () => {
      const said = new Map(answers.map((answer) => [answer.id, answer]));
      const wrong: unknown[] = [];
      let divided = 0;
      for await (const item of client().predictions.all("sign", { limit: 1000, order: "oldest" })) {
        const answer = said.get(item.id);
        said.delete(item.id);
        const arms = armsOf.get(item.revision ?? 0);
        if (!answer || arms === undefined) continue;
        const arm = arms?.get(item.arm ?? "");
        const isAsSaid = item.version === answer.version && item.outputs["y"] === answer.y;
        const byRule = item.rule !== undefined;
        const isNamed =
          arms === null
            ? item.arm === undefined && item.propensity === undefined
            : arm?.version === item.version && item.propensity === (byRule ? 1 : arm.share / 10_000);
        if (arms !== null) divided++;
        if (!isAsSaid || !isNamed) wrong.push({ answer, item, arms: arms && [...arms.values()] });
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect([...said.keys()].slice(0, 3)).toEqual([]);
      expect(divided).toBeGreaterThan(answers.length / 4);
    },
  );
});

describe("a split", () => {
  beforeAll(async () => void (await client().endpoints.promote("sign", 1)));

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

  test("of an input, with an arm that has one more: the body is read for each of them as it wants it", async () => {
    const patient = { serve: { timeout: "20s" } };
    await deploy(server.url, flights.v1, { name: "late", manifest: patient });
    await deploy(server.url, flights.v2, { name: "late", manifest: patient, traffic: false });
    await client().endpoints.setTraffic("late", { arms: [{ version: 2, share: 10_000 }], unit: "origin" });
    const { origin_late_3h: _, ...record } = flight;
    const { status, body } = await fetchJson(`${server.url}/endpoints/late/predict`, { json: record });
    expect([status, body.version]).toEqual([200, 2]);
    expect(await client().predictions.get(body.id)).toMatchObject({
      arm: "challenger",
      version: 2,
      inputs: { origin: flight.origin, origin_late_3h: null },
    });
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

  test("has the fallback answer; without one it is refused", async () => {
    const how = { fallback: true };
    await expect(client().endpoints.stop("sign", how)).rejects.toMatchObject({ code: "precondition_failed" });
    const manifest = { slipway: 1, name: "sign", serve: { timeout: "20s", fallback: { y: 0.5 } } };
    await client().endpoints.apply("sign", manifest);
    await client().endpoints.stop("sign", how);
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: 0.5 }, fallback: "value: endpoint_stopped" });
  });
});

async function answer() {
  return (await fetchJson(`${server.url}/endpoints/sign/predict`, { json: { X: [1, 0, 0, 0] } })).body;
}

describe("after a start", () => {
  beforeAll(async () => {
    const { files } = await client().versions.get("late", 2);
    await server.stop();
    const { sha256 } = files[0]!;
    writeFileSync(join(server.data, "blobs", sha256.slice(0, 2), sha256), "no model any more");
    await server.restart();
  }, 60_000);

  test("what was stopped is so, and its value answers though no version is in memory", async () => {
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: 0.5 }, fallback: "value: endpoint_stopped" });
    await client().endpoints.start("sign");
    expect(await answer()).toMatchObject({ version: 2, prediction: { y: -1 } });
  });

  test("an arm that does not load leaves its traffic to the champion, and is named", async () => {
    const { origin_late_3h: _, ...record } = flight;
    const { status, body } = await fetchJson(`${server.url}/endpoints/late/predict`, { json: record });
    expect([status, body.version]).toEqual([200, 1]);
    expect(await recordOf(body.id)).toMatchObject({ arm: "champion", propensity: 1, version: 1 });
    expect((await client().endpoints.get("late")).warnings.join()).toContain("challenger (version 2)");
    expect((await client().endpoints.traffic("late")).arms[1]).toMatchObject({ name: "challenger", state: "failed" });
  });
});
