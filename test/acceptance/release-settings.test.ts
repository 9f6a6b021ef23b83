import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const name = "sign";
const steps = [{ traffic: "10%", min_samples: 1_000_000 }];
const rollout = { gates: [], guardrails: [], steps };
let client: Client;

beforeAll(() => {
  client = createClient({ url: server.url });
});

/** What the callers of version 1 send: a field that is no input, kept by its `log.fields`. */
const ask = async (field: string) => {
  const body = JSON.stringify({ X: [1, 0, 0, 0], [field]: "kept" });
  return (await fetch(`${server.url}/endpoints/${name}/predict`, { method: "POST", body })).status;
};

const ended = async (id: string | null) => {
  let found = await client.rollouts.get(id ?? "");
  while (found.active) found = await client.rollouts.get(id ?? "");
  return found.phase;
};

const pick = async () => {
  const { serve, log, rollout: section } = await client.endpoints.get(name);
  return { timeout: serve.timeout_ms, fields: log.fields, section };
};

test(
  "what a candidate's slipway.yaml says holds from the promotion on, and callers of what serves go on until then",
  { timeout: 60_000 },
  async () => {
    await deploy(server.url, scaledMatrix(1), {
      name,
      manifest: { serve: { timeout: "20s" }, log: { fields: ["old"] } },
    });
    const before = await pick();
    expect(await ask("old")).toBe(200);
    const next = { serve: { timeout: "21s" }, log: { fields: ["new"] }, rollout };
    const second = await deploy(server.url, scaledMatrix(-1), { name, manifest: next });
    expect(second.rollout).not.toBeNull();
    expect([await ask("old"), await pick()]).toEqual([200, before]);

    await client.rollouts.command(second.rollout ?? "", "abort");
    expect(await ended(second.rollout)).toBe("cancelled");
    expect([await ask("old"), await pick()]).toEqual([200, before]);

    const again = await deploy(server.url, scaledMatrix(-1), { name, manifest: next });
    await client.rollouts.command(again.rollout ?? "", "promote");
    expect(await ended(again.rollout)).toBe("succeeded");
    expect([await ask("new"), await ask("old")]).toEqual([200, 400]);
    expect(await pick()).toEqual({ timeout: 21_000, fields: ["new"], section: rollout });
    const [latest] = (await client.endpoints.revisions(name, { limit: 1 })).items;
    expect(latest?.changes.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["log.fields", "serve.timeout_ms", "target.version"]),
    );
    // A rollback takes all of it back.
    await client.endpoints.rollback(name);
    expect([await ask("old"), (await pick()).timeout]).toEqual([200, 20_000]);
  },
);
