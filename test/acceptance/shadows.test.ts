import { createClient, type PredictionListOptions } from "@slipway/sdk";
import type { Prediction, TrafficView } from "@slipway/contract";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, quickenedSlow, scaledMatrix, slowModel } from "../lib/models.ts";
import { signPath, toProcesses, toRow } from "../lib/processes.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });
const serve = { timeout: "20s" };
const everything = process.env["MODE"] === "all";
const waitLong = { timeout: 30_000, interval: 50 };

beforeAll(async () => {
  // Version 1 answers n for the row [n, 0, 0, 0], version 2 answers -n.
  const manifest = { serve, log: { key: "order" } };
  await deploy(server.url, scaledMatrix(1), { name: "sign", manifest });
  await deploy(server.url, scaledMatrix(-1), { name: "sign", traffic: false });
  await deploy(server.url, flights.v1, { name: "flights", manifest: { serve } });
  await deploy(server.url, flights.v2, { name: "flights", traffic: false });
  await deploy(server.url, quickenedSlow(), { name: "slow", manifest: { serve } });
  await deploy(server.url, slowModel(600), { name: "slow", traffic: false, manifest: { serve } });
}, 120_000);

/** Resolves when the shadow of version 2 is loaded. */
async function shadow(endpoint: string, share = 10_000): Promise<void> {
  await client().endpoints.setTraffic(endpoint, { arms: [], shadows: [{ version: 2, share }] });
  await vi.waitFor(async () => expect((await look(endpoint)).state).toBe("ready"), waitLong);
}

async function look(endpoint: string): Promise<TrafficView["shadows"][number]> {
  return (await client().endpoints.traffic(endpoint)).shadows[0]!;
}

async function list(endpoint: string, options: PredictionListOptions = {}): Promise<readonly Prediction[]> {
  return (await client().predictions.list(endpoint, { limit: 1000, ...options })).items;
}

const predict = (endpoint: string, json: unknown, headers: Record<string, string> = {}) =>
  fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json, headers });

const ended = ({ answered, failed, dropped }: TrafficView["shadows"][number]) =>
  answered + failed + Object.values(dropped).reduce((sum, count) => sum + count, 0);

describe("shadows", () => {
  test("answer what was answered once more, for nobody, whatever the protocol, and are no traffic", async () => {
    await shadow("sign");
    const input = { inputs: [{ name: "X", datatype: "FP32", shape: [2, 4], data: [...toRow(4), ...toRow(5)] }] };
    const requests: readonly [string, unknown][] = [
      [signPath, { X: toRow(1), order: "A-1" }],
      [signPath, [{ X: toRow(2) }, { X: toRow(3) }]],
      ["/v2/models/sign/infer", input],
      ["/v1/models/sign:predict", { instances: [toRow(6)] }],
      ["/endpoints/sign/invocations", { inputs: [toRow(7)] }],
    ];
    const ids: string[] = [];
    for (const [path, json] of requests) {
      const { status, headers } = await fetchJson(`${server.url}${path}`, { json });
      expect([path, status]).toEqual([path, 200]);
      ids.push(headers.get("x-slipway-prediction")!);
    }
    // A version that the caller names is what the caller wants, and nobody's to be tried on.
    await predict("sign@1", { X: toRow(9) });
    await vi.waitFor(async () => expect((await look("sign")).answered).toBe(requests.length), waitLong);
    const all = await list("sign", { shadows: true });
    const shadows = all.filter((item) => item.shadow_of !== undefined);
    expect(all).toHaveLength(2 * 7 + 1);
    expect(shadows.map((item) => [item.face, item.version, item.pinned])).toEqual(
      Array.from({ length: 7 }, () => ["shadow", 2, false]),
    );
    expect(new Set(shadows.map((item) => item.shadow_of))).toEqual(new Set(ids));
    expect(await list("sign")).toEqual(all.filter((item) => item.shadow_of === undefined));
    expect((await client().predictions.find("sign", "A-1")).map(({ id }) => id)).toEqual([ids[0]]);
    const shown = await client().predictions.get(`${ids[1]}/1`);
    expect(shown).toMatchObject({ version: 1, inputs: { X: toRow(3) }, outputs: { y: 3 } });
    expect(shown.shadows).toMatchObject([{ version: 2, status: "ok", outputs: { y: -3 }, error: null }]);
    const { stdout } = await runCli(["predictions", "show", `${ids[1]}/1`], { url: server.url });
    expect(stdout).toMatch(/shadows +sign@2: y = -3 \(\d+ µs\)/);
    const pairs = `select p.y as said, s.y as instead, s."key", s."X" is null as once from shadows s
      join predictions p on p.id = s.shadow_of and p."row" = s."row" order by 1`;
    expect((await client().predictions.query("sign", { sql: pairs })).rows).toEqual(
      Array.from({ length: 7 }, (_, i) => ({
        said: i + 1,
        instead: -i - 1,
        key: i === 0 ? "A-1" : null,
        once: true,
      })),
    );
    const sql = "select count(*)::int as n, count(distinct version)::int as versions from predictions";
    expect((await client().predictions.query("sign", { sql })).rows).toEqual([{ n: 8, versions: 1 }]);
    const { body: metrics } = await fetchJson<string>(`${server.url}/metrics`);
    expect(metrics).toContain('slipway_shadow_requests_total{endpoint="sign",version="2",outcome="ok"} 5\n');
    expect(metrics).toContain('slipway_shadow_dropped_total{endpoint="sign",version="2",reason="queue"} 0\n');
    expect(metrics).toContain('slipway_requests_total{endpoint="sign",version="1",outcome="ok"} 6\n');
    expect(metrics).not.toContain('slipway_requests_total{endpoint="sign",version="2"');
  });

  test("a label is about what was answered, by id and by key, and reaches the shadow through it", async () => {
    await shadow("sign");
    const { body } = await predict("sign", { X: toRow(11), order: "B-2" });
    await vi.waitFor(async () => expect((await client().predictions.get(body.id)).shadows).toHaveLength(1), waitLong);
    await client().labels.add("sign", [{ key: "B-2", value: 10 }]);
    const sql = `select p.id = '${body.id}' as same, p.y as said, s.y as instead, l.number as came from labels l
      join predictions p using (id, "row") left join shadows s on s.shadow_of = p.id and s."row" = p."row"`;
    expect((await client().predictions.query("sign", { sql })).rows).toEqual([
      { same: true, said: 11, instead: -11, came: 10 },
    ]);
  });

  test("a version that takes other inputs reads the request its own way", async () => {
    await shadow("flights");
    const { body } = await predict("flights", flight);
    // Version 1 keeps it as a field that is no input.
    expect((await predict("flights", { ...flight, origin_late_3h: "much" })).status).toBe(200);
    await vi.waitFor(async () => expect(ended(await look("flights"))).toBe(2), waitLong);
    const sql = `select shadow_of = '${body.id}' as first, status, error_code, origin_late_3h, late
      from shadows order by 1 desc`;
    const { rows } = await client().predictions.query("flights", { sql });
    expect(rows[0]).toMatchObject({ first: true, status: "ok", origin_late_3h: 0.25, late: expect.any(String) });
    expect(rows[1]).toMatchObject({ first: false, status: "error", error_code: "invalid_input" });
  });

  test("what takes long delays nobody: it is dropped and counted, and is gone at once when it is taken away", async () => {
    await shadow("slow");
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => predict("slow", { X: [[round]] })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
    const busy = await look("slow");
    expect(busy.sampled).toBe(160);
    expect(ended(busy) + busy.waiting_rows).toBe(160);
    const view = await client().endpoints.setTraffic("slow", { arms: [] });
    expect(view.shadows).toEqual([]);
    expect((await predict("slow", { X: [[1]] })).status).toBe(200);
    expect((await list("slow", { errors: true })).length).toBe(0);
  });

  test.skipIf(!everything)(
    "several processes have shadows of their own, and one figure",
    async () => {
      const several = await startServer({ args: ["--http-workers", "2"], readyMs: 60_000 });
      const { url } = several;
      for (const factor of [1, -1])
        await deploy(url, scaledMatrix(factor), { name: "sign", traffic: factor === 1, manifest: { serve } });
      const shadows = [{ version: 2, share: 10_000 }];
      await createClient({ url }).endpoints.setTraffic("sign", { arms: [], shadows });
      const closing: (() => void)[] = [];
      const { reachAll } = toProcesses(several, (close) => closing.push(close));
      const { main, worker } = await reachAll();
      const figure = async (name: string) => {
        const { body } = await fetchJson<string>(`${url}/metrics`);
        return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1] ?? 0);
      };
      await vi.waitFor(async () => {
        expect(await figure('slipway_shadow_ready\\{endpoint="sign",version="2"\\}')).toBe(2);
      }, waitLong);
      const ids: string[] = [];
      for (let i = 0; i < 10; i++)
        for (const { connection } of [main, worker])
          ids.push((await connection.ask(signPath, { json: { X: toRow(i) } })).body.id);
      const { predictions } = createClient({ url });
      const instances = new Set<string>();
      await vi.waitFor(async () => {
        for (const id of ids) expect((await predictions.get(id)).shadows).toHaveLength(1);
      }, waitLong);
      for (const item of (await predictions.list("sign", { shadows: true, limit: 100 })).items)
        if (item.shadow_of !== undefined) instances.add(item.instance);
      expect(instances).toEqual(new Set([main.instance, worker.instance]));
      expect(
        await figure('slipway_shadow_requests_total\\{endpoint="sign",version="2",outcome="ok"\\}'),
      ).toBeGreaterThanOrEqual(20);
      for (const close of closing) close();
    },
    120_000,
  );
}, 60_000);
