import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@slipway/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { deploy } from "../../lib/deploy.ts";
import { fetchJson } from "../../lib/fetch-json.ts";
import { needs } from "../../lib/needs.ts";
import { isAlive } from "../../lib/processes.ts";
import { startServer, useServer } from "../../lib/server.ts";

const program = fileURLToPath(new URL("serve.pl", import.meta.url));
const model = { path: "serve.pl", command: ["perl", "serve.pl", "{port}"] };

function hasPerl(): boolean {
  try {
    execFileSync("perl", ["-MJSON::PP", "-MIO::Socket::INET", "-e", "1"]);
    return true;
  } catch {
    return false;
  }
}

/** The Perl processes of all servers, by what they run. */
function perls(): number[] {
  const found = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
  const lines = found.split("\n").filter((line) => /\d+ perl serve\.pl \d+$/.test(line));
  return lines.map((line) => Number(line.trim().split(" ")[0]));
}

describe.runIf(needs("Perl with JSON::PP", hasPerl(), { inCi: "required" }))("a model in Perl", () => {
  const server = useServer();
  const ask = (words: readonly (readonly [string, string])[], name = "words") =>
    fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, {
      json: words.map(([text, word]) => ({ text, word })),
    });

  test(
    "is deployed, answers rows, refuses what it cannot take, and its lines are in the log",
    { timeout: 60_000 },
    async () => {
      const deployed = await deploy(server.url, program, {
        name: "words",
        manifest: { model, serve: { timeout: "5s" } },
      });
      expect(deployed).toMatchObject({
        placement: "process",
        notes: [expect.stringContaining("perl serve.pl {port}")],
      });
      const many = Array.from({ length: 20 }, (_, i) => ["a b".repeat(i + 1), "a"] as const);
      const { status, body } = await ask([["be or not be", "be"], ["höher", "x"], ...many]);
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.predictions.slice(0, 2)).toEqual([
        { length: 12, share: 0.5 },
        { length: 5, share: 0 },
      ]);
      expect(body.predictions).toHaveLength(22);
      expect(await ask([["a", ""]])).toMatchObject({
        status: 400,
        body: { detail: "The model's server refused the values: There is no word to count." },
      });
      const { items } = await createClient({ url: server.url }).server.logs({ name: "words", limit: 100 });
      expect(items).toContainEqual(
        expect.objectContaining({
          level: "info",
          model: "words",
          version: 1,
          copy: 1,
          stream: "stderr",
          message: expect.stringMatching(/^words: listening on \d+$/),
        }),
      );
    },
  );

  test(
    "that dies fails its own request, is back, and is refused what killed it twice",
    { timeout: 60_000 },
    async () => {
      for (let kill = 1; kill <= 2; kill++) {
        await expect.poll(async () => (await ask([["a", "a"]])).status, { timeout: 20_000 }).toBe(200);
        const { status, body } = await ask([["x", "segfault"]]);
        expect([status, body.code], JSON.stringify(body)).toEqual([500, "model_failed"]);
        expect(body.detail).toMatch(/died while it ran: it ended by SIGSEGV/);
      }
      await expect.poll(async () => (await ask([["a", "a"]])).status, { timeout: 20_000 }).toBe(200);
      expect(await ask([["x", "segfault"]])).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    },
  );

  test("that sleeps for ever is ended, and its slot is free again", { timeout: 60_000 }, async () => {
    const [before] = perls();
    const { status, body } = await ask([["x", "sleep"]]);
    expect([status, body.code], JSON.stringify(body)).toEqual([504, "deadline_exceeded"]);
    await expect.poll(() => perls().includes(before!), { timeout: 20_000 }).toBe(false);
    await expect.poll(async () => (await ask([["a", "a"]])).status, { timeout: 20_000 }).toBe(200);
  });

  test(
    "is served by another Slipway as a remote model, which says so where it is gone",
    { timeout: 60_000 },
    async () => {
      const front = await startServer();
      const folder = mkdtempSync(join(tmpdir(), "slipway-remote-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "words.remote.json");
      writeFileSync(file, JSON.stringify({ url: server.url, model: "words" }));
      await deploy(front.url, file, { name: "far" });
      const json = [{ text: "be or not be", word: "be" }];
      const path = `${front.url}/api/v1/endpoints/far/predict`;
      expect(await fetchJson(path, { json })).toMatchObject({
        body: { predictions: [{ length: 12, share: 0.5 }] },
      });
      await server.kill9();
      await expect
        .poll(async () => (await fetchJson(`${front.url}/v2/models/far/ready`)).status, { timeout: 20_000 })
        .toBe(503);
      expect(await fetchJson(path, { json })).toMatchObject({
        status: 503,
        body: {
          code: "not_ready",
          detail: expect.stringMatching(/^far@1 is out of reach\. The server .* cannot be asked: .*ECONNREFUSED/),
        },
      });
    },
  );

  test.runIf(process.getuid?.() === 0)(
    "may run as somebody else, who reads its files and nothing else of the data folder",
    { timeout: 60_000 },
    async () => {
      const above = mkdtempSync(join(tmpdir(), "slipway-user-"));
      onTestFinished(() => rmSync(above, { recursive: true }));
      chmodSync(above, 0o711);
      const data = join(above, "data");
      const own = await startServer({ data, args: ["--model-user", "65534:65533"] });
      await deploy(own.url, program, { name: "words", manifest: { model, serve: { placement: "process" } } });
      const paths = ["", "slipway.db", "log", "blobs", "logs/server.jsonl", "loaded"].map((name) => join(data, name));
      const json = [{ text: ["serve.pl", ...paths].join(" "), word: "read" }];
      const { body } = await fetchJson(`${own.url}/api/v1/endpoints/words/predict`, { json });
      expect(body.detail).toBe("The model's server refused the values: 65534 reads serve.pl");
    },
  );

  test("kill -9 of the server leaves none of its programs", { timeout: 60_000 }, async () => {
    const own = await startServer();
    const others = perls();
    await deploy(own.url, program, { name: "words", manifest: { model, serve: { replicas: 2 } } });
    const programs = perls().filter((pid) => !others.includes(pid));
    expect(programs).toHaveLength(2);
    await own.kill9();
    await expect.poll(() => programs.some(isAlive), { timeout: 20_000 }).toBe(false);
  });
});
