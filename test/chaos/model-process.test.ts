import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploy, deployFolder } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Does what the first text says. */
const model = `
import ctypes, os, sys, time
import numpy as np

def load():
    return 2.0

def predict(factor, data):
    for what in data["what"]:
        if what == "segfault":
            ctypes.string_at(0)
        if what == "memory":
            held = bytearray(800_000_000)
            held[:: 4096] = b"x" * len(held[:: 4096])
            time.sleep(1000)
        if what == "raise":
            raise RuntimeError("no such what")
        if what == "print":
            os.write(1, b"\\x01\\x00not a frame\\xff\\n" * 3)
            print("a line", flush=True)
        if what == "fork" and os.fork() == 0:
            time.sleep(1000)
        if what == "slow":
            time.sleep(0.02)
    return {"y": np.asarray(data["x"]) * factor, "pid": np.full(len(data["x"]), os.getpid())}
`;

function makeFolder(name: string, code: string, serve: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "slipway-chaos-"));
  folders.push(folder);
  const inputs = { what: { type: "string" }, x: { type: "float64" } };
  writeFileSync(join(folder, "model.py"), code);
  writeFileSync(join(folder, "requirements.txt"), "numpy==2.3.5\n");
  writeFileSync(
    join(folder, "slipway.yaml"),
    JSON.stringify({ slipway: 1, name, model: { path: "model.py", inputs }, serve: { timeout: "20s", ...serve } }),
  );
  return folder;
}

const ask = (what: string, x = 1, name = "wild") =>
  fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { json: { what, x } });
const pidOf = async () => (await ask("go")).body.prediction?.pid as number | undefined;
/** The process that serves once one does. */
async function untilServed(): Promise<number> {
  await expect.poll(async () => (await ask("go")).status, { timeout: 30_000 }).toBe(200);
  return (await pidOf())!;
}
const members = (group: number) =>
  execFileSync("ps", ["-eo", "pid=,pgid=,stat="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/ +/))
    .filter(([, pgid, stat]) => Number(pgid) === group && !stat!.startsWith("Z"));

describe("a model of Python that misbehaves", { timeout: 120_000 }, () => {
  let serverPid = 0;
  beforeAll(async () => {
    serverPid = server.pid;
    await deployFolder(server.url, makeFolder("wild", model, { memory: "400MB" }));
    await deploy(server.url, scaledMatrix(2), { name: "calm" });
  }, 240_000);
  const calm = () => fetchJson(`${server.url}/api/v1/endpoints/calm/predict`, { json: { X: [1, 0, 0, 0] } });

  test("kill -9 in the middle of many requests fails those of its run, and no other", async () => {
    for (let round = 0; round < rounds(1, 50); round++) {
      const pid = await untilServed();
      const many = Array.from({ length: 60 }, (_, i) => ask("slow", round * 100 + i));
      // Each run takes a while, so one is under way by now, or is about to be.
      await calm();
      process.kill(pid, "SIGKILL");
      const answers = await Promise.all(many);
      const codes = answers.map(({ status, body }) => (status === 200 ? 200 : body.code));
      const failed = answers.filter(({ status }) => status !== 200);
      expect(new Set(failed.map(({ body }) => body.code)).size, String(codes)).toBeLessThanOrEqual(1);
      for (const { body } of failed) {
        // Those of the run, and those that came while there was no process.
        expect(["model_failed", "not_ready"]).toContain(body.code);
        expect(body.detail).toMatch(/it ended by SIGKILL/);
      }
      for (const [i, { status, body }] of answers.entries())
        if (status === 200) expect(body.prediction.y).toBe((round * 100 + i) * 2);
      expect(failed.length).toBeLessThan(60);
      expect(await untilServed()).not.toBe(pid);
    }
  });

  test.each([
    ["a segmentation fault", "segfault", /it ended by SIGSEGV/],
    ["memory without end", "memory", /it took \d+ MiB of memory, more than the \d+ MiB of serve\.memory/],
  ])("%s fails the request, says why, and is refused when it has ended two processes", async (_name, what, why) => {
    for (let death = 1; death <= 2; death++) {
      await untilServed();
      const { status, body } = await ask(what);
      expect([status, body.code], JSON.stringify(body)).toEqual([500, "model_failed"]);
      expect(body.detail).toMatch(why);
      // Another model does not notice, and readiness is honest.
      expect((await calm()).status).toBe(200);
    }
    await untilServed();
    const { status, body } = await ask(what);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
    expect(body.detail).toMatch(/have ended the model's process 2 times/);
  });

  test("an exception is one, and the process goes on", async () => {
    const pid = await untilServed();
    const { status, body } = await ask("raise");
    expect([status, body.code, body.detail]).toEqual([
      500,
      "model_failed",
      "The model failed: RuntimeError: no such what.",
    ]);
    expect(await pidOf()).toBe(pid);
  });

  test("what it writes to standard output is in the log, and does no harm to its answers", async () => {
    expect((await ask("print", 21)).body.prediction.y).toBe(42);
    const { server: ofServer } = createClient({ url: server.url });
    await expect
      .poll(async () => (await ofServer.logs({ name: "wild", limit: 1000 })).items.map(({ message }) => message))
      .toContain("a line");
  });

  test("what it has forked ends with it", async () => {
    const pid = await untilServed();
    await ask("fork");
    expect(members(pid).length).toBeGreaterThanOrEqual(2);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => members(pid), { timeout: 20_000 }).toEqual([]);
    await untilServed();
  });

  test("processes that are recycled lose no request", async () => {
    const serve = { replicas: 2, recycle: { requests: 15 } };
    const deployed = await deployFolder(server.url, makeFolder("fresh", model, serve), { endpoint: "renewed" });
    expect(deployed.endpoint).toBe("renewed");
    const pids = new Set<number>();
    for (let round = 0; pids.size < 5 && round < 200; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask("go", i, "renewed")));
      for (const [i, { status, body }] of answers.entries()) {
        expect([status, body.prediction?.y], JSON.stringify(body)).toEqual([200, i * 2]);
        pids.add(body.prediction.pid);
      }
    }
    expect(pids.size).toBeGreaterThanOrEqual(5);
    await expect
      .poll(() => [...pids].filter((pid) => members(pid).length > 0).length, { timeout: 30_000 })
      .toBeLessThan(4);
    // By the name of the endpoint, which is not that of the model.
    await ask("print", 1, "renewed");
    const { items } = await createClient({ url: server.url }).server.logs({ name: "renewed", limit: 1000 });
    expect(items).toContainEqual(
      expect.objectContaining({ model: "fresh", message: "a copy of a model was replaced by a fresh one" }),
    );
    expect(items).toContainEqual(
      expect.objectContaining({ model: "fresh", version: 1, stream: "stdout", message: "a line" }),
    );
  });

  test("one that fails at import is not deployed, and leaves nothing", async () => {
    const broken = makeFolder("broken", "import no_such_module\n\ndef predict(model, data): return data\n");
    await expect(deployFolder(server.url, broken)).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringContaining("no_such_module"),
    });
    expect((await ask("go", 1, "broken")).status).toBe(404);
  });

  test("the server is the same as ever", async () => {
    expect(server.pid).toBe(serverPid);
    expect((await calm()).body.prediction.y).toBe(2);
    expect((await fetchJson(`${server.url}/v2/health/ready`)).status).toBe(200);
  });
});
