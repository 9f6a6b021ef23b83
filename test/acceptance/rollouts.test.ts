import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ManifestRollout } from "@slipway/contract";
import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--webhook-private", "true"] });
/** What a page of the documentation does as well: the exit codes 0, 6 and 8. */
const everything = process.env["MODE"] === "all";
const patience = { timeout: 60_000, interval: 100 };
let client: Client;

beforeAll(async () => {
  await deploy(server.url, flights.v1);
  await deploy(server.url, flights.v2, { traffic: false });
  client = createClient({ url: server.url });
}, 60_000);

const cli = (...args: string[]) => runCli(args, { url: server.url });

/** Nothing of it waits for traffic. */
const quick = (more: ManifestRollout = {}): ManifestRollout => ({ gates: [], guardrails: [], ...more });

function writeSection(section: ManifestRollout): string {
  const folder = mkdtempSync(join(tmpdir(), "rollout-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "slipway.yaml");
  writeFileSync(file, JSON.stringify({ slipway: 1, name: "flight-delay", rollout: section }));
  return file;
}

/** Begins one and waits for its end, as a pipeline would. */
const release = (section: ManifestRollout, ...args: string[]) =>
  cli("rollout", "start", "flight-delay@2", "--file", writeSection(section), "--wait", ...args);

async function startReceiver() {
  const types: string[] = [];
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      types.push(JSON.parse(Buffer.concat(parts).toString()).type);
      response.end();
    });
  });
  await new Promise<void>((done) => void receiver.listen(0, "127.0.0.1", done));
  onTestFinished(() => new Promise<void>((done) => void receiver.close(() => done())));
  return { types, url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` };
}

describe("the exit code of who waits for a rollout", () => {
  test("is 7 where a gate rejects it; channels are told of that and of what was rolled back, once", async () => {
    const { types, url } = await startReceiver();
    await client.channels.add({ name: "ops", kind: "webhook", url });
    const rejected = await release(quick({ gates: [{ name: "own_check", command: ["false"] }] }));
    expect(rejected.code, rejected.stderr).toBe(7);
    expect(rejected.stdout).toMatch(/ended .*own_check/);
    // What decided it stays to be seen.
    const { id: refused } = await client.rollouts.latest("flight-delay");
    const { evidence } = await client.rollouts.explain(refused);
    expect(evidence).toMatchObject([{ metric: "own_check", role: "gate", verdict: "fail" }]);
    const section = quick({ steps: [{ traffic: "10%", hold: "1h" }], deadline: "1s" });
    const { id } = await client.rollouts.start("flight-delay", 2, { rollout: section });
    const kinds: string[] = [];
    for await (const { events } of client.rollouts.watch(id, { everyMs: 100 }))
      kinds.push(...events.map(({ to }) => to));
    expect(kinds.at(-1)).toBe("rolled_back");
    expect(await client.rollouts.get(id)).toMatchObject({ phase: "rolled_back", reason: "The deadline has passed." });
    await vi.waitFor(() => expect(types).toHaveLength(2), patience);
    expect(types).toEqual(["dev.slipway.rollout.rejected", "dev.slipway.rollout.rolled_back"]);
    const { body } = await fetchJson<string>(`${server.url}/metrics`);
    expect(body).toMatch(
      /slipway_rollout_ended_seconds\{endpoint="flight-delay",version="2",outcome="rolled_back"\} \d+/,
    );
    await client.channels.remove("ops");
    expect(await client.rollouts.events(id)).toMatchObject({
      intact: true,
      items: expect.arrayContaining([expect.objectContaining({ seq: 1, kind: "started" })]),
    });
  });

  test.skipIf(!everything)("is 8 where it waits for a person, 9 where one aborts it", async () => {
    const waits = await release(quick({ steps: [{ approve: "anyone" }] }));
    expect(waits.code, waits.stderr).toBe(8);
    expect(waits.stderr).toMatch(/waits for a person[\s\S]*slipway rollout approve flight-delay/);
    const explained = await cli("rollout", "explain", "flight-delay");
    expect(explained.stdout).toMatch(/needs +· It waits for the approval of somebody but the author/);
    expect(explained.stdout).toMatch(/next +flight-delay@2 is promoted/);
    expect((await cli("endpoints")).stdout).toMatch(/flight-delay@2 in the place of @1: ▸ approval/);
    const { body } = await fetchJson<string>(`${server.url}/metrics`);
    expect(body).toMatch(/slipway_rollout_held_seconds\{endpoint="flight-delay",version="2",reason="approval"\} /);
    const { id } = await client.rollouts.latest("flight-delay");
    await expect(client.rollouts.command(id, "resume")).rejects.toMatchObject({ code: "precondition_failed" });
    await client.rollouts.command(id, "abort", { message: "the wrong file" });
    const status = await cli("rollout", "status", "flight-delay", "--watch");
    expect(status).toMatchObject({
      code: 9,
      stdout: expect.stringMatching(/reason +Somebody aborted it: the wrong file/),
    });
  });

  test.skipIf(!everything)("is 0 where it succeeds; its events come as JSON Lines", async () => {
    const done = await release(quick({ strategy: "immediate" }), "--json");
    expect(done.code, done.stderr).toBe(0);
    const events = done.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({ kind: "ended", to: "succeeded" });
    expect((await client.endpoints.get("flight-delay")).target).toMatchObject({ version: 2 });
    await client.endpoints.promote("flight-delay", 1);
  });
});

test("a dry run says how long it takes and begins nothing", async () => {
  const before = (await client.rollouts.list({ limit: 1 })).items[0]?.id;
  const plan = await client.rollouts.plan("flight-delay", 2, { strategy: "shadow" });
  expect(plan).toMatchObject({ from: 1, to: 2, strategy: "shadow", finish: "report", steps: [{ kind: "shadow" }] });
  const canary = await client.rollouts.plan("flight-delay", 2);
  expect(canary.advice[0]?.command).toBe("slipway compare flight-delay@1 flight-delay@2 --on logged:7d");
  expect((await client.rollouts.list({ limit: 1 })).items[0]?.id).toBe(before);
});

test.skipIf(!everything)("what is wrong is refused with what to do", async () => {
  expect(await cli("rollout", "start", "flight-delay")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Say which version/),
  });
  expect(await cli("rollout", "start", "flight-delay@77")).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/no version 77/),
  });
  await expect(client.rollouts.start("flight-delay", 1)).rejects.toThrow(/serves version 1 already/);
  const { id } = await client.rollouts.latest("flight-delay");
  await expect(client.rollouts.command(id, "promote")).rejects.toThrow(/it has ended/);
});
