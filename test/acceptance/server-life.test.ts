import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { startServer, useServer, type TestServer } from "../lib/server.ts";

const server = useServer();
/** Ends with an error instead of starting. */
const up = (...args: string[]) => runCli(["up", "--port", "0", ...args], { timeoutMs: 20_000 });

describe("one folder, one server, one port", { timeout: 120_000 }, () => {
  test("a second server on the same folder is refused, and names the first", async () => {
    const { code, stdout, stderr } = await up("--data", server.data);
    expect(code).toBe(5);
    expect(stdout).toBe("");
    expect(stderr).toMatch(new RegExp(`in use by the process ${server.pid}\\b.*--data`));
    expect((await fetchJson(`${server.url}/health/ready`)).status).toBe(200);
  });

  test("a folder of a newer Slipway is refused and left as it is; so is one that is none", async () => {
    const other = await startServer();
    const { data } = other;
    await other.stop();
    const file = join(data, "slipway.json");
    const written = readFileSync(file, "utf8");
    writeFileSync(file, written.replace(/"format":\s*\d+/, '"format": 999'));
    const newer = await up("--data", data);
    expect([newer.code, newer.stderr]).toEqual([5, expect.stringMatching(/format 999.*newer Slipway/)]);
    writeFileSync(file, "{ not JSON");
    const broken = await up("--data", data);
    expect([broken.code, broken.stderr]).toEqual([expect.any(Number), expect.stringMatching(/slipway\.json.*backup/)]);
    expect(broken.code).not.toBe(0);
    expect(readFileSync(file, "utf8")).toBe("{ not JSON");
    writeFileSync(file, written);
    await other.restart();
  });

  test("a port that is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await up("--port", String(port), "--data", `${server.data}-other`);
    taken.close();
    rmSync(`${server.data}-other`, { recursive: true, force: true });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`Port ${port} .*taken.*--port 0`));
  });

  test("options that there are not, and values that are none, name the nearest and the expected", async () => {
    const misspelt = await up("--data", `${server.data}-x`, "--log-reserv", "1GiB");
    expect([misspelt.code, misspelt.stderr]).toEqual([expect.any(Number), expect.stringMatching(/log[_-]reserve/)]);
    expect(misspelt.code).not.toBe(0);
    const wrong = await up("--data", `${server.data}-x`, "--drain-timeout", "soon");
    expect(wrong.stderr).toMatch(/drain[_-]timeout.*duration such as 30s/);
    expect(wrong.code).not.toBe(0);
  });

  test("a configuration file counts, is checked, and a flag goes before it", async () => {
    const file = join(server.data, "..", "slipway.config.yaml");
    writeFileSync(file, "log_level: silent\nbody_limit: 2KiB\n");
    const checked = await runCli(["config", "check", "--config", file]);
    expect(checked.code, checked.stderr).toBe(0);
    const configured = await startServer({ args: ["--config", file] });
    const send = (bytes: number) =>
      fetchJson(`${configured.url}/api/v1/deployments`, { json: { x: "x".repeat(bytes) } });
    expect((await send(3000)).status).toBe(413);
    await configured.restart({ args: ["--config", file, "--body-limit", "4KiB"] });
    expect((await send(3000)).status).toBe(400);
    writeFileSync(file, "body_limt: 2KiB\n");
    const wrong = await runCli(["config", "check", "--config", file]);
    expect([wrong.code === 0, wrong.stderr]).toEqual([false, expect.stringMatching(/body_limt.*body_limit/)]);
  });
});

describe("stopping", { timeout: 120_000 }, () => {
  const slowRecord = { X: [[1]] };

  async function startSlow(args: readonly string[] = []) {
    const slow = await startServer({ args });
    await deploy(slow.url, smallModel("slow"), { manifest: { serve: { timeout: "60s" } } });
    const send = () => fetchJson(`${slow.url}/api/v1/endpoints/slow/predict`, { json: slowRecord });
    const first = await send();
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    return { slow, send, y: first.body.prediction.y };
  }

  /** Sends requests that wait one behind the other; returns when the server has begun with them. */
  async function occupy(
    { url }: TestServer,
    send: () => ReturnType<typeof fetchJson<ReturnType<typeof JSON.parse>>>,
    count: number,
  ) {
    const results = Promise.allSettled(Array.from({ length: count }, send));
    await expect
      .poll(async () => (await fetchJson<string>(`${url}/metrics`)).body, { timeout: 10_000, interval: 5 })
      .toMatch(/slipway_requests_in_flight\{endpoint="slow"\} [1-9]/);
    let over = false;
    void results.then(() => (over = true));
    return { results, isOver: () => over };
  }

  test("SIGTERM answers what is under way and ends with 0, as soon as it can", async () => {
    const { slow, send, y } = await startSlow();
    const { results, isOver } = await occupy(slow, send, 8);
    const stopped = slow.stop();
    expect(isOver()).toBe(false);
    const answers = (await results).map((result) => (result.status === "fulfilled" ? result.value : null));
    const answeredAt = performance.now();
    expect(await stopped).toBe(0);
    // No client that keeps its connection holds it up: they would do so for the ten seconds of the drain.
    expect(performance.now() - answeredAt).toBeLessThan(5_000);
    // One that came after the signal may be sent away, in order; those before it are answered.
    const statuses = answers.map((answer) => answer?.status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    const good = answers.filter((answer) => answer?.status === 200);
    expect(good.length).toBeGreaterThan(0);
    for (const answer of good) expect(answer?.body.prediction.y).toEqual(y);
    await slow.restart();
    const { items } = await createClient({ url: slow.url }).predictions.list("slow", { limit: 100 });
    const recorded = new Set(items.map((item) => item.id));
    for (const answer of good) expect(recorded).toContain(answer?.body.id);
  });

  test("a second SIGTERM does not wait; without it the wait has an end", async () => {
    const { slow, send } = await startSlow();
    const first = await occupy(slow, send, 200);
    const stopped = slow.stop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(first.isOver()).toBe(false);
    const startedAt = performance.now();
    process.kill(slow.pid, "SIGTERM");
    expect(await stopped).not.toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect((await first.results).some((result) => result.status === "rejected")).toBe(true);

    await slow.restart({ args: ["--drain-timeout", "300ms"] });
    const second = await occupy(slow, send, 300);
    const againAt = performance.now();
    // What runs ends, what waits for its run is sent away: an end in order, not one that tears a thread out of a run.
    expect(await slow.stop()).toBe(0);
    expect(performance.now() - againAt).toBeLessThan(5_000);
    expect(slow.stderr()).not.toMatch(/terminate called|took too long.*serving|serving.*took too long/);
    await second.results;
  });

  test("a server that was stopped leaves no pid and no lock behind", async () => {
    const brief = await startServer();
    expect(Number(readFileSync(join(brief.data, "server.pid"), "utf8"))).toBe(brief.pid);
    expect(await brief.stop("SIGINT")).toBe(0);
    expect(readdirSync(brief.data)).not.toContain("server.pid");
    await brief.restart();
    await brief.kill9();
    await brief.restart();
    expect((await fetchJson(`${brief.url}/health/ready`)).status).toBe(200);
  });
});

/** Files below a folder that hold these bytes. */
function findFiles(folder: string, part: Buffer): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return findFiles(path, part);
    return statSync(path).size < 10_000_000 && readFileSync(path).includes(part) ? [path] : [];
  });
}

const weightsOf = (factor: number) => Buffer.from(new Float32Array([1, 2, 3, 4].map((w) => w * factor)).buffer);

const damages: readonly (readonly [what: string, damage: (file: string) => void])[] = [
  ["gone", (file) => rmSync(file)],
  ["cut", (file) => writeFileSync(file, readFileSync(file).subarray(0, 100))],
  ["rubbish", (file) => writeFileSync(file, Buffer.alloc(300, "rubbish"))],
  ["empty", (file) => writeFileSync(file, "")],
];

describe("a broken version never stops a start", { timeout: 120_000 }, () => {
  const hurt = useServer();
  const predict = (endpoint: string) =>
    fetchJson(`${hurt.url}/api/v1/endpoints/${endpoint}/predict`, { json: { X: [1, 0, 0, 0] } });

  test("whatever has become of its files: the others serve, and it is told why one does not", async () => {
    await deploy(hurt.url, scaledMatrix(3), { name: "good" });
    for (const [i, [name]] of damages.entries())
      for (const factor of [5, 10 + i]) await deploy(hurt.url, scaledMatrix(factor), { name });
    await hurt.stop();
    for (const [i, [name, damage]] of damages.entries()) {
      const files = ["blobs", "loaded"].flatMap((folder) => findFiles(join(hurt.data, folder), weightsOf(10 + i)));
      expect([name, files.length > 0]).toEqual([name, true]);
      for (const file of files) damage(file);
    }
    await hurt.restart();

    expect((await predict("good")).body.prediction).toEqual({ y: 3 });
    const told = await runCli(["status"], { url: hurt.url });
    expect(told.stdout).toMatch(/good\s+good@1\s+ready/);
    for (const [name] of damages) {
      const { status, body } = await predict(name);
      expect([name, status, body.code]).toEqual([name, 503, "not_ready"]);
      expect(body.detail).toMatch(/cannot answer: .{10,}/);
      expect(told.stdout).toMatch(new RegExp(`${name}\\s+${name}@2\\s+failed\\s+\\d+\\s+\\S{3,}`));
      expect((await fetchJson(`${hurt.url}/endpoints/${name}/ping`)).status).toBe(503);
    }
    const ready = await fetchJson(`${hurt.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(ready.body.not_serving).toHaveLength(damages.length);
  });

  test.each(damages)(
    "%s: the way back to the version that is whole is open, and a new deployment heals",
    async (name) => {
      const client = createClient({ url: hurt.url });
      await client.endpoints.rollback(name);
      expect((await predict(name)).body).toMatchObject({ version: 1, prediction: { y: 5 } });
      const made = await deploy(hurt.url, scaledMatrix(20), { name });
      expect((await predict(name)).body).toMatchObject({ version: made.version, prediction: { y: 20 } });
    },
  );

  test("deploying the bytes of a version whose files are gone brings it back", async () => {
    const made = await deploy(hurt.url, scaledMatrix(10), { name: "gone" });
    expect([made.version, made.created]).toEqual([2, false]);
    expect((await predict("gone")).body).toMatchObject({ version: 2, prediction: { y: 10 } });
  });
});
