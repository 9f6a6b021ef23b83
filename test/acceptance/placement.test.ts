import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { SlipwayError } from "@slipway/contract/errors";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";
import { isAlive } from "../lib/processes.ts";

const columns = { a: "float32", b: "float32", c: "float32", d: "float32" };
const row = { a: 1, b: 1, c: 1, d: 1 };

/** A folder of the model that sums a row, with two examples. */
function provenMatrix(name: string, serve: object): string {
  const folder = mkdtempSync(join(tmpdir(), "slipway-placement-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const examples = [
    { inputs: { a: 1, b: 0, c: 0, d: 0 }, outputs: { y: 1 } },
    { inputs: row, outputs: { y: 10 } },
  ];
  const model = { path: "model.onnx", inputs: columns, examples: "examples.json" };
  writeFileSync(join(folder, "model.onnx"), readFileSync(scaledMatrix(1)));
  writeFileSync(join(folder, "examples.json"), JSON.stringify(examples));
  writeFileSync(join(folder, "slipway.yaml"), stringify({ slipway: 1, name, model, serve }));
  return folder;
}

/** The model processes of a server. */
function modelProcesses(server: number): number[] {
  const found = execFileSync("ps", ["-e", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  const lines = found.split("\n").map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([, parent, ...args]) => Number(parent) === server && args.join(" ").includes("replica-process"))
    .map(([pid]) => Number(pid));
}

async function failure(work: Promise<unknown>): Promise<SlipwayError> {
  const error = await work.then(
    () => new Error("It was let through."),
    (reason: unknown) => reason,
  );
  if (SlipwayError.is(error)) return error;
  throw error;
}

describe("a model process", { timeout: 120_000 }, () => {
  test("that crashes takes nothing with it, and answers again when it has proved itself", async () => {
    const server = await startServer();
    const client = createClient({ url: server.url });
    const predict = (name: string) => fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { json: row });
    const deployed = await deploy(server.url, provenMatrix("apart", { placement: "process" }));
    expect(deployed).toMatchObject({
      placement: "process",
      notes: expect.arrayContaining([expect.stringContaining("placement process")]),
    });
    await deploy(server.url, provenMatrix("inside", {}));
    expect(await client.endpoints.get("apart")).toMatchObject({
      placement: "process",
      serve: { placement: "process", threads: null, device: "cpu" },
    });
    expect((await predict("apart")).body.prediction).toEqual({ y: 10 });

    const [first, ...others] = modelProcesses(server.pid);
    expect(others).toEqual([]);
    process.kill(first!, "SIGSEGV");
    const seen = new Set<number>();
    await expect
      .poll(
        async () => {
          const answer = await predict("apart");
          seen.add(answer.status);
          expect((await predict("inside")).status).toBe(200);
          return answer.status === 200 && modelProcesses(server.pid)[0] !== first;
        },
        { timeout: 60_000 },
      )
      .toBe(true);
    expect([...seen].filter((status) => ![200, 500, 503].includes(status))).toEqual([]);
    expect(server.stderr()).toMatch(/a copy of a model is out of service/);

    // Started anew on a file that answers otherwise, it is kept out of service, and the reason is told.
    const folder = join(server.data, "loaded");
    for (const version of readdirSync(folder)) {
      const other = join(folder, version, "other.onnx");
      writeFileSync(other, readFileSync(scaledMatrix(2)));
      renameSync(other, join(folder, version, "model.onnx"));
    }
    process.kill(modelProcesses(server.pid)[0]!, "SIGSEGV");
    await expect
      .poll(async () => (await predict("apart")).body.detail ?? "", { timeout: 60_000 })
      .toMatch(/apart@1 .*does not answer its examples/);
    expect((await predict("apart")).status).toBe(503);
    // Nothing says that it is ready.
    expect(await fetchJson(`${server.url}/v2/models/apart/ready`)).toMatchObject({ body: { ready: false } });
    expect(await fetchJson(`${server.url}/v1/models/apart`)).toMatchObject({ status: 503, body: { ready: false } });
    expect((await client.endpoints.get("apart")).warnings).toEqual([
      expect.stringMatching(/^1 of 1 copy does not serve\. apart@1 .*does not answer its examples/),
    ]);
    expect(await fetchJson(`${server.url}/v2/models/inside/ready`)).toMatchObject({ body: { ready: true } });
    expect((await predict("inside")).body.prediction).toEqual({ y: 10 });
    const processes = modelProcesses(server.pid);
    await server.stop();
    await expect.poll(() => processes.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  });
});

describe("where a version runs", { timeout: 120_000 }, () => {
  const server = useServer();
  const client = () => createClient({ url: server.url });
  const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 90_000 });

  test("the server's own thread is refused to what is slow, at deploy and later", async () => {
    const slow = { name: "slow", serve: { placement: "thread" } };
    expect(await failure(deploy(server.url, smallModel("slow"), { manifest: slow }))).toMatchObject({
      code: "too_slow",
      message: expect.stringMatching(/opening took \S+ ms \(at most 5\), 95 % of the runs of a row up to \S+ ms/),
      details: { run_p95_ms: expect.any(Number), limits: { create_ms: 5, run_p95_ms: 1 } },
    });
    expect(await fetchJson(`${server.url}/api/v1/models/slow`)).toMatchObject({ status: 404 });
    await deploy(server.url, smallModel("slow"), { manifest: { name: "slow" } });
    const apply = (dryRun: boolean) =>
      client().endpoints.apply("slow", { slipway: 1, name: "slow", serve: { placement: "thread" } }, { dryRun });
    for (const dryRun of [true, false]) expect(await failure(apply(dryRun))).toMatchObject({ code: "too_slow" });
    expect(await client().endpoints.get("slow")).toMatchObject({ placement: "worker", serve: { placement: null } });
  });

  test("more threads than cores are a warning", async () => {
    const threads = availableParallelism();
    const manifest = { name: "crowded", serve: { placement: "worker", replicas: 2, threads } };
    await deploy(server.url, smallModel("matrix"), { manifest });
    const endpoint = await client().endpoints.get("crowded");
    expect(endpoint).toMatchObject({ placement: "worker", serve: { threads, replicas: 2 } });
    expect(endpoint.warnings).toEqual([expect.stringMatching(/serve\.replicas \(2\) times serve\.threads .* cores/)]);
    expect((await cli("endpoints")).stdout).toMatch(new RegExp(`crowded .* worker, 2 copies, ${threads} threads`));
  });

  test("a device that is not there, and CUDA in the server's own thread, are refused at deploy and by check", async () => {
    const manifest = { name: "gpu", serve: { device: "cuda" } };
    expect(await failure(deploy(server.url, smallModel("matrix"), { manifest }))).toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/cannot compute on CUDA here: .* not installed\. .*serve\.device at cpu/),
    });
    const own = { name: "gpu", serve: { device: "cuda", placement: "thread" } };
    expect(await failure(deploy(server.url, smallModel("matrix"), { manifest: own }))).toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/cannot run on CUDA in the server's own thread/),
    });
    expect(await fetchJson(`${server.url}/api/v1/models/gpu`)).toMatchObject({ status: 404 });
    const folder = provenMatrix("gpu", { device: "cuda" });
    const checked = await cli("check", folder);
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringMatching(/placement +.*cannot compute on CUDA/)]);
    const apart = await cli("check", provenMatrix("apart", { placement: "process", threads: 2 }));
    expect([apart.code, apart.stdout]).toEqual([
      0,
      expect.stringMatching(/process: one copy, 2 threads a run, on cpu/),
    ]);
  });
});
