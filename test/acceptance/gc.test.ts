import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GcResult, NewGc } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { runCli } from "../lib/cli.ts";
import { deploy, upload } from "../lib/deploy.ts";
import { patientServe } from "../lib/faced-models.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { startServer, type TestServer } from "../lib/server.ts";

const manifest = { serve: patientServe };

async function collect(server: TestServer, request: NewGc = {}): Promise<GcResult> {
  const client = createClient({ url: server.url });
  const started = await client.server.gc(request);
  return (await client.operations.wait(started.id)).result as unknown as GcResult;
}

/** Digests and sizes of the blobs that are there. */
function listBlobs({ data }: TestServer): Map<string, number> {
  const shelves = readdirSync(join(data, "blobs")).filter((name) => name !== "partial");
  const files = shelves.flatMap((shelf) => readdirSync(join(data, "blobs", shelf)).map((file) => join(shelf, file)));
  // A collection may be under way.
  const stats = files.map((file) => [file, statSync(join(data, "blobs", file), { throwIfNoEntry: false })] as const);
  return new Map(stats.flatMap(([file, found]) => (found ? [[file.slice(3), found.size] as const] : [])));
}

async function filesOf(server: TestServer, model: string, version: number): Promise<string[]> {
  return (await createClient({ url: server.url }).versions.get(model, version)).files.map((file) => file.sha256);
}

async function answers(server: TestServer, endpoint: string): Promise<unknown> {
  const url = `${server.url}/api/v1/endpoints/${endpoint}/predict`;
  return (await fetchJson(url, { json: { X: [1, 1, 1, 1] } })).body.prediction;
}

test("takes what nothing needs, says what it took, and leaves what serves", { timeout: 120_000 }, async () => {
  const server = await startServer();
  const client = createClient({ url: server.url });
  const now = { older_than_ms: 0, operations_older_than_ms: 0 };
  await deploy(server.url, scaledMatrix(1), { name: "m", manifest });
  const lost = await filesOf(server, "m", 1);
  await deploy(server.url, scaledMatrix(2), { name: "m", manifest });
  const needed = await filesOf(server, "m", 2);
  await deploy(server.url, scaledMatrix(3), { name: "m", manifest, traffic: false });
  const waiting = await filesOf(server, "m", 3);
  // Of version 1, which served before: its files, linked from here, cost no bytes of their own.
  expect(readdirSync(join(server.data, "loaded"))).toHaveLength(2);
  expect(await collect(server)).toMatchObject({
    bytes: 0,
    blobs: { count: 0 },
    loaded_folders: { count: 1, bytes: 0 },
    not_replayable: [],
  });
  await client.versions.remove("m", 1);
  const before = listBlobs(server);

  const unfinished = createHash("sha256").update("unfinished").digest("hex");
  mkdirSync(join(server.data, "blobs", "partial"), { recursive: true });
  writeFileSync(join(server.data, "blobs", "partial", unfinished), "unfin");
  const log = join(server.data, "log", "put-aside");
  mkdirSync(log);
  writeFileSync(join(log, "00000009.log.damaged"), "bytes");

  // Young enough to be an upload that is under way: the default leaves it alone.
  expect(await collect(server)).toMatchObject({ bytes: 0, kept: { count: 1 } });
  const size = before.get(lost[0]!)!;
  const expected = {
    bytes: size + 10,
    blobs: { count: 1, bytes: size, examples: lost },
    partial_uploads: { count: 1, bytes: 5, examples: [unfinished] },
    damaged_files: { count: 1, bytes: 5 },
    not_replayable: ["m@1"],
  };
  const dry = await collect(server, { ...now, dry_run: true });
  expect(dry).toMatchObject({ ...expected, dry_run: true });
  expect([listBlobs(server), existsSync(join(log, "00000009.log.damaged"))]).toEqual([before, true]);
  expect(await collect(server, now)).toMatchObject({ ...expected, dry_run: false });
  expect(new Set(listBlobs(server).keys())).toEqual(new Set([...needed, ...waiting]));
  expect(readdirSync(join(server.data, "loaded"))).toHaveLength(1);
  expect(readdirSync(join(server.data, "blobs", "partial"))).toEqual([]);
  expect(existsSync(join(log, "00000009.log.damaged"))).toBe(false);
  expect((await client.operations.list()).items.map(({ kind }) => kind)).toEqual(["gc"]);
  expect(await answers(server, "m")).toEqual({ y: 20 });
  await server.restart();
  expect(await answers(server, "m")).toEqual({ y: 20 });
  await createClient({ url: server.url }).endpoints.promote("m", 3);
  expect(await answers(server, "m")).toEqual({ y: 30 });
});

test("the command line tells the same", { timeout: 120_000 }, async () => {
  const server = await startServer();
  const run = (...args: string[]) => runCli(["gc", ...args], { url: server.url });
  await upload(createClient({ url: server.url }), Buffer.from("a file of nothing"));
  await server.restart();
  const dry = await run("--dry-run", "--older-than", "0s");
  expect([dry.code, dry.stdout, dry.stderr]).toEqual([
    0,
    expect.stringMatching(/files of no living version or artifact +1 +17 B/),
    expect.stringMatching(/17 B would be freed; nothing was changed/),
  ]);
  const young = await run();
  expect(young.stderr).toMatch(/1 unneeded files \(17 B\) stay for now/);
  const done = await run("--older-than", "0s", "-o", "json");
  expect(JSON.parse(done.stdout)).toMatchObject({ dry_run: false, bytes: 17, older_than_ms: 0 });
  expect((await run("--older-than", "soon")).code).toBe(2);
});

test(
  "a file that a deployment was told is there stays, and no version ever lacks one",
  { timeout: 180_000 },
  async () => {
    const server = await startServer();
    const client = createClient({ url: server.url });
    const now = { older_than_ms: 0 };
    // Told that it is there, and not used yet.
    await deploy(server.url, scaledMatrix(7), { name: "m", manifest, traffic: false });
    const [sha256] = (await filesOf(server, "m", 1)) as [string];
    await client.versions.remove("m", 1);
    expect(await client.blobs.has(sha256)).toMatchObject({ complete: true });
    expect(await collect(server, now)).toMatchObject({ blobs: { count: 0 }, kept: { count: 1 } });
    const operation = await client.deployments.create({
      name: "m",
      entry: "model.onnx",
      files: [{ path: "model.onnx", sha256 }],
      traffic: false,
    });
    await client.operations.wait(operation.id);
    await client.versions.remove("m", 2);
    // Both were made of that file.
    expect(await collect(server, now)).toMatchObject({ blobs: { count: 1 }, not_replayable: ["m@1", "m@2"] });

    // Collections beside deployments of the same few files, over and over.
    const deploying = new AbortController();
    const collector = (async () => {
      while (!deploying.signal.aborted) await collect(server, now);
    })();
    for (let round = 0; round < 6; round++) {
      const { version, endpoint } = await deploy(server.url, scaledMatrix(round % 2), { name: "raced", manifest });
      expect(await answers(server, endpoint!)).toEqual({ y: 10 * (round % 2) });
      const { items } = await client.versions.list("raced");
      for (const { version: other } of items)
        if (other !== version) await client.versions.remove("raced", other).catch(() => null);
    }
    deploying.abort();
    await collector;
    for (const { version } of (await client.versions.list("raced")).items)
      for (const file of await filesOf(server, "raced", version)) expect(listBlobs(server).has(file)).toBe(true);
  },
);

test("kill -9 in the middle leaves nothing half; the next one finishes", { timeout: 180_000 }, async () => {
  const server = await startServer();
  await deploy(server.url, smallModel("matrix"), { name: "m", manifest });
  const needed = await filesOf(server, "m", 1);
  const shelf = (sha256: string) => join(server.data, "blobs", sha256.slice(0, 2));
  const old = Date.now() / 1000 - 3 * 86_400;
  for (let i = 0; i < 1_000; i++) {
    const sha256 = createHash("sha256").update(randomBytes(16)).digest("hex");
    mkdirSync(shelf(sha256), { recursive: true });
    writeFileSync(join(shelf(sha256), sha256), "left over");
    utimesSync(join(shelf(sha256), sha256), old, old);
  }
  const count = () => readdirSync(join(server.data, "blobs"), { recursive: true }).length;
  const total = count();
  await createClient({ url: server.url }).server.gc();
  while (count() > total - 50) await new Promise((resolve) => setImmediate(resolve));
  await server.kill9();
  const left = listBlobs(server);
  expect(left.size).toBeGreaterThan(needed.length);
  for (const sha256 of needed) expect(left.has(sha256)).toBe(true);
  await server.restart();
  expect(await answers(server, "m")).toEqual({ y: 10 });
  expect(await collect(server)).toMatchObject({ blobs: { count: left.size - needed.length } });
  expect(new Set(listBlobs(server).keys())).toEqual(new Set(needed));
});

test(
  "a version that an endpoint falls back to is not deleted, nor is the alias that leads to it",
  { timeout: 120_000 },
  async () => {
    const server = await startServer();
    const client = createClient({ url: server.url });
    const serve = { ...patientServe, fallback: "safe" };
    await deploy(server.url, scaledMatrix(1), { name: "m", manifest: { serve } });
    await client.aliases.set("m", "safe", { version: 1 });
    await deploy(server.url, scaledMatrix(2), { name: "m", manifest: { serve } });
    const refused = { code: "in_use", message: expect.stringMatching(/endpoint m falls back to m@safe/) };
    await expect(client.versions.remove("m", 1)).rejects.toMatchObject(refused);
    await expect(client.aliases.remove("m", "safe")).rejects.toMatchObject(refused);
    await client.endpoints.apply("m", { slipway: 1, name: "m", serve: { ...patientServe, fallback: "none" } });
    await client.aliases.remove("m", "safe");
    await client.versions.remove("m", 1);
  },
);

test("takes deleted runs, models and experiments for ever, and the artifacts that only they had", async () => {
  const server = await startServer();
  const call = async (path: string, json: object) =>
    (await fetchJson(`${server.url}/api/2.0/mlflow/${path}`, { json })).body;
  const put = (uri: string, name: string, body: string) =>
    fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${uri.replace("mlflow-artifacts:/", "")}/${name}`, {
      method: "PUT",
      body,
    });
  const createRun = async (experiment_id: string) => (await call("runs/create", { experiment_id })).run.info;
  const { experiment_id } = await call("experiments/create", { name: "gone" });
  const [gone, stays, source] = [await createRun(experiment_id), await createRun("0"), await createRun("0")];
  await put(gone.artifact_uri, "only", "here");
  for (const { artifact_uri } of [gone, stays]) await put(artifact_uri, "shared", "by two");
  await put(source.artifact_uri, "model/MLmodel", "flavors: {}");
  await call("registered-models/create", { name: "m" });
  const registered = { name: "m", source: `${source.artifact_uri}/model`, run_id: source.run_id };
  expect((await call("model-versions/create", registered)).model_version.version).toBe("1");
  await call("runs/delete", { run_id: source.run_id });
  await call("experiments/delete", { experiment_id });
  expect(listBlobs(server).size).toBe(3);

  const now = { older_than_ms: 0, deleted_older_than_ms: 0 };
  const run = { count: 1, bytes: 10, examples: [gone.run_id] };
  const went = { runs: run, experiments: { count: 1, examples: ["gone"] }, deleted_kept: 1 };
  expect(await collect(server, { older_than_ms: 0 })).toMatchObject({ bytes: 0, runs: { count: 0 } });
  expect(await collect(server, { ...now, dry_run: true })).toMatchObject({ ...went, dry_run: true });
  const told = await runCli(["gc", "--deleted-older-than", "0s", "--dry-run", "--url", server.url]);
  expect(told.stdout).toMatch(/runs that were deleted\s+1/);
  expect(told.stderr).toContain("1 deleted runs and logged models stay: living versions came from them.");
  expect(await collect(server, now)).toMatchObject({ ...went, bytes: 4, blobs: { count: 1, bytes: 4 } });
  expect(listBlobs(server).size).toBe(2);
  expect((await call("experiments/create", { name: "gone" })).experiment_id).not.toBe(experiment_id);
  expect(await call("runs/delete", { run_id: gone.run_id })).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
  await call("runs/restore", { run_id: source.run_id });
  for (const path of [`${stays.run_id}/artifacts/shared`, `${source.run_id}/artifacts/model/MLmodel`])
    expect((await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/0/${path}`)).status).toBe(200);
});
