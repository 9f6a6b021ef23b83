import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const name = "sign";
const rollout = { gates: [], guardrails: [], steps: [{ traffic: "10%", min_samples: 1000 }] };
const manifest = { serve: { timeout: "20s" }, rollout };
let client: Client;

beforeAll(() => {
  client = createClient({ url: server.url });
});

const rolloutsOf = async (endpoint: string) => (await client.rollouts.list({ endpoint })).items;

test("the first deploy of an endpoint has nothing to compare with: it takes all traffic at once", async () => {
  expect(await deploy(server.url, scaledMatrix(1), { name, manifest })).toMatchObject({ version: 1, rollout: null });
  expect(await rolloutsOf(name)).toEqual([]);
});

test(
  "the next begins a rollout; the settings of slipway.yaml wait for the promotion",
  { timeout: 60_000 },
  async () => {
    const next = { ...manifest, serve: { timeout: "21s" } };
    const made = await deploy(server.url, scaledMatrix(-1), { name, manifest: next, message: "the sign" });
    const [begun] = await rolloutsOf(name);
    expect(begun).toMatchObject({ from: 1, to: 2, strategy: "canary", message: "the sign" });
    expect(made).toMatchObject({ version: 2, endpoint: name, rollout: begun?.id });
    const { target, serve } = await client.endpoints.get(name);
    expect(target).toMatchObject({ version: 1 });
    expect(serve).toMatchObject({ timeout_ms: 20_000 });
    // The same once more is the same rollout.
    expect(await deploy(server.url, scaledMatrix(-1), { name, manifest: next })).toMatchObject({
      created: false,
      rollout: begun?.id,
      notes: [expect.stringContaining("thread"), expect.stringContaining("nothing new was made")],
    });
    const other = await deploy(server.url, scaledMatrix(-1), { name, manifest });
    expect(other).toMatchObject({ rollout: begun?.id });
    expect(other.notes).toContainEqual(expect.stringContaining("with the settings that this began with"));
    const said = await runCli(["deploy", scaledMatrix(-1), "--name", name], { url: server.url });
    expect(said.stdout).toMatch(/takes the traffic of sign step by step/);
    expect(said.stderr).toMatch(/slipway rollout status sign --watch/);
  },
);

test(
  "another takes its place; without a section all traffic moves at once and ends it",
  { timeout: 60_000 },
  async () => {
    const third = await deploy(server.url, scaledMatrix(2), { name, manifest });
    const [now, before] = await rolloutsOf(name);
    expect(third.notes).toContainEqual(
      expect.stringContaining(`${before?.id} of sign@2, which was under way, has ended`),
    );
    expect(now).toMatchObject({ id: third.rollout, from: 1, to: 3, active: true });
    expect(before).toMatchObject({ to: 2, phase: "superseded" });
    const none = { ...manifest, rollout: "none" };
    expect(await deploy(server.url, scaledMatrix(3), { name, manifest: none })).toMatchObject({
      version: 4,
      rollout: null,
    });
    expect((await client.endpoints.get(name)).target).toMatchObject({ version: 4 });
    await expect
      .poll(async () => (await client.rollouts.get(now?.id ?? "")).phase, { timeout: 30_000, interval: 50 })
      .toBe("superseded");
  },
);
