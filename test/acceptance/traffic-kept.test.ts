import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const name = "sign";
const options = { timeout: 60_000 };
let client: Client;

beforeAll(async () => {
  client = createClient({ url: server.url });
  await deploy(server.url, scaledMatrix(1), { name });
  for (const factor of [2, 3]) await deploy(server.url, scaledMatrix(factor), { name, traffic: false });
});

const ask = async (field: string) => {
  const body = JSON.stringify({ X: [1, 0, 0, 0], [field]: "x" });
  return (await fetch(`${server.url}/endpoints/${name}/predict`, { method: "POST", body })).status;
};

const cli = (...args: string[]) => runCli(args, { url: server.url });

test("callers go on sending what traffic was divided by, until it is cleared", options, async () => {
  expect(await ask("passenger")).toBe(400);
  const said = await cli("traffic", "set", "sign@2=50", "--unit", "passenger", "--rule", "desk=a@2");
  expect(said.stderr).toMatch(/passenger is no input .*log\.fields/);
  const all = async () => [await ask("passenger"), await ask("desk")];
  expect(await all()).toEqual([200, 200]);
  await client.endpoints.promote(name, 2);
  expect(await all()).toEqual([200, 200]);
  await client.endpoints.rollback(name);
  expect(await all()).toEqual([200, 200]);
  // A rollout by another unit, and its end.
  const rollout = { gates: [], guardrails: [], unit: "user", steps: [{ traffic: "10%" }] };
  const begun = await client.rollouts.start(name, 2, { rollout });
  expect(begun.notes).toEqual([expect.stringMatching(/^user is no input .*log\.fields/)]);
  while ((await client.endpoints.traffic(name)).arms.length === 1) await client.rollouts.get(begun.id);
  expect([await ask("user"), ...(await all())]).toEqual([200, 200, 200]);
  await client.rollouts.command(begun.id, "promote");
  while ((await client.rollouts.get(begun.id)).active);
  expect([await ask("user"), ...(await all())]).toEqual([200, 200, 200]);
  expect((await client.endpoints.traffic(name)).fields).toEqual(["desk", "passenger", "user"]);
  await cli("traffic", "set", name, "--clear");
  expect([await ask("user"), ...(await all())]).toEqual([400, 400, 400]);
});

test("what a new division does not name stays; rules go with their arm, and it is said", options, async () => {
  await cli("traffic", "set", "sign@1=10", "--rule", "header:x-tester=yes@1; header:x-new=yes@3", "--control");
  await cli("traffic", "set", "sign@1=10", "--rule", "header:x-tester=yes@1", "--shadow", "3=10", "--control");
  const before = await client.endpoints.traffic(name);
  await cli("traffic", "set", "sign@1=20");
  const { rules, shadows, arms } = await client.endpoints.traffic(name);
  expect(rules).toEqual(before.rules);
  expect(shadows).toMatchObject([{ version: 3, share: 1000 }]);
  expect(arms.map((arm) => [arm.name, arm.share])).toEqual([
    ["champion", 6000],
    ["challenger", 2000],
    ["control", 2000],
  ]);
  expect((await cli("traffic", "set", "sign@3=20")).stderr).toMatch(/The rule x_tester is gone with its arm/);
  await cli("traffic", "set", name, "--clear");
  expect(await client.endpoints.traffic(name)).toMatchObject({ unit: null, rules: [], shadows: [], fields: [] });
});

test("a rollout is of the endpoint's model, ends no other unasked, and reads no other's file", options, async () => {
  await deploy(server.url, scaledMatrix(4), { name: "other" });
  await deploy(server.url, scaledMatrix(5), { name: "other", traffic: false });
  for (const dry of [[], ["--dry-run"]]) {
    const strayed = await cli("rollout", "start", "other@1", "--endpoint", name, ...dry);
    expect([strayed.code, strayed.stderr]).toEqual([
      5,
      expect.stringMatching(/serves versions of sign.*other@1 is none/),
    ]);
  }
  const file = join(dirname(server.data), "slipway.yaml");
  await writeFile(file, "slipway: 1\nname: other\nrollout:\n  gates: []\n  steps: [{ traffic: 10% }]\n");
  expect((await cli("rollout", "start", "sign@3", "--file", file)).stderr).toMatch(/is about other/);
  const first = await cli("rollout", "start", "sign@3");
  expect(first.code).toBe(0);
  const refused = await cli("rollout", "start", "sign@1");
  expect(refused.stderr).toMatch(/sign@3 is under way at sign.*--supersede/s);
  expect((await cli("rollout", "start", "sign@1", "--supersede")).code).toBe(0);
  const [now, before] = (await client.rollouts.list({ endpoint: name })).items;
  expect([now?.to, before?.to, before?.phase]).toEqual([1, 3, "superseded"]);
  await expect.poll(() => server.stderr()).toMatch(/rollout started: sign@3/);
  await expect.poll(() => server.stderr()).toMatch(/rollout ended: .*took its place/);
});
