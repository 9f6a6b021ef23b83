import { EventEmitter } from "node:events";
import { execFileSync } from "node:child_process";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onnxModelCommand } from "../onnx/model-command.ts";
import { makeUpInputs } from "../onnx/warm-up.ts";
import { modelFiles, signatureOf, tensorOf } from "../onnx/testing/models.ts";
import { createWorkerRuntime } from "../onnx/worker-runtime.ts";
import { createProcessRuntime } from "../process/process-runtime.ts";
import { ReplicaDied, RunNotBegun } from "../run-errors.ts";
import type { OpenOptions, Replica, Runtime } from "../runtime.ts";
import type { RemoteOptions } from "./remote-replica.ts";

const replicas: Replica[] = [];
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

async function open(runtime: Runtime, name: string, options: Partial<OpenOptions> = {}): Promise<Replica> {
  const replica = await runtime.open(modelFiles(name), await signatureOf(name), { threads: 1, what: name, ...options });
  replicas.push(replica);
  return replica;
}

const row = (n: number) => tensorOf("X", "FP32", [1, 4], [n, n, n, n]);
const answers = (replica: Replica) => replica.run([row(1)]).then(([y]) => y!.data[0]);

/** Processes that this one started, oldest first. */
function children(): number[] {
  const found = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  const lines = found.split("\n").filter((line) => line.includes("replica-process"));
  return lines.map((line) => Number(line.trim().split(" ")[0])).toSorted((a, b) => a - b);
}

const workers: Worker[] = [];
const seen = (worker: Worker) => void workers.push(worker);
beforeEach(() => void process.on("worker", seen));
afterEach(() => {
  process.off("worker", seen);
  workers.length = 0;
});

/** A message that it does not know: it dies of an exception, in JavaScript. */
function killWorker(index: number): Promise<void> {
  const worker = workers.at(index)!;
  worker.postMessage(null);
  return new Promise((resolve) => worker.once("exit", () => resolve()));
}

/** Until it has begun what it was sent. */
async function untilBusy(index: number): Promise<void> {
  const pid = String(children().at(index));
  const state = () => execFileSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" });
  await expect.poll(state, { timeout: 20_000 }).toMatch(/^R/);
}

/** As a native abort would end it. */
async function killProcess(index: number): Promise<void> {
  const pid = children().at(index)!;
  process.kill(pid, "SIGSEGV");
  await expect.poll(() => children().includes(pid), { timeout: 10_000 }).toBe(false);
}

describe.each([
  ["worker", (options: RemoteOptions) => createWorkerRuntime(options), killWorker],
  [
    "process",
    (options: RemoteOptions) => createProcessRuntime({ command: onnxModelCommand(), environment: {}, ...options }),
    killProcess,
  ],
] as const)("a %s that dies", (name, create, kill) => {
  /** A model with runs that are not over when the end comes. */
  const long = name === "worker" ? "slow" : "endless";
  const longRun = async () => makeUpInputs(await signatureOf(long), 1);

  test("fails exactly its own requests, says so, and comes back", async () => {
    const told: (string | null)[] = [];
    const runtime = create({ backoffMs: 300, onTrouble: (_copy, reason) => told.push(reason) });
    const [dying, other] = [await open(runtime, long), await open(runtime, "matrix")];
    expect(dying.ready).toBe(true);
    // A thread cannot be ended in a run: it is, before it takes the next one.
    let death = name === "worker" ? kill(0) : null;
    const held = dying.run(await longRun());
    if (death === null) await untilBusy(0);
    death ??= kill(0);
    const failure = expect(held).rejects.toMatchObject({
      code: "model_failed",
      message: expect.stringMatching(new RegExp(`of ${long} died while it ran: .*\\. It is being restarted`)),
    });
    await expect(other.run([row(1)])).resolves.toMatchObject([{ data: new Float32Array([10]) }]);
    await Promise.all([death, failure]);
    expect(dying.ready).toBe(false);
    await expect(dying.run([])).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringMatching(new RegExp(`^${long} is being restarted\\. .*died`)),
    });
    await expect(other.run([row(2)])).resolves.toMatchObject([{ data: new Float32Array([20]) }]);
    await expect.poll(() => dying.ready, { timeout: 30_000 }).toBe(true);
    expect(told).toEqual([expect.stringContaining("died"), null]);
  });

  test("has not begun what waited behind the run at hand", async () => {
    const replica = await open(create({ backoffMs: 1 }), long);
    const inputs = await longRun();
    const runs = [1, 2].map(() => replica.run(inputs));
    const results = Promise.allSettled(runs);
    if (name === "worker") workers.at(-1)!.emit("exit");
    else await untilBusy(0).then(() => kill(0));
    expect(await results).toMatchObject([{ reason: { code: "model_failed" } }, { reason: { code: "not_ready" } }]);
    expect((await results).map((result) => (result as PromiseRejectedResult).reason.constructor)).toEqual([
      ReplicaDied,
      RunNotBegun,
    ]);
    await replica.whenReady!();
    expect(replica.ready).toBe(true);
  });

  test("answers again after each restart", async () => {
    const replica = await open(create({ backoffMs: 1 }), "matrix");
    for (let life = 0; life < 3; life++) {
      await kill(-1);
      await expect.poll(() => answers(replica).catch(() => null), { timeout: 30_000 }).toBe(10);
    }
  });

  test("stays out of service while its restarted copies do not pass the check, and says why", async () => {
    const checked: unknown[] = [];
    let passes = false;
    const check = async (copy: Replica) => {
      checked.push(await answers(copy));
      if (!passes) throw new Error("it answers its examples otherwise");
    };
    const events = new EventEmitter();
    const refused = new Promise((resolve) => events.once("refused", resolve));
    const onTrouble = (_copy: string, reason: string | null) => {
      if (checked.length >= 2 && reason !== null) events.emit("refused");
    };
    const replica = await open(create({ backoffMs: 1, maxBackoffMs: 50, onTrouble }), "matrix", { check });
    expect(checked).toEqual([]);
    await kill(-1);
    await refused;
    expect(replica.ready).toBe(false);
    await expect(replica.run([row(1)])).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringContaining("it answers its examples otherwise"),
    });
    passes = true;
    await expect.poll(() => replica.ready, { timeout: 30_000 }).toBe(true);
    expect(new Set(checked)).toEqual(new Set([10]));
    expect(await answers(replica)).toBe(10);
  });

  test.runIf(name === "process")("has not begun what it never read", async () => {
    const replica = await open(create({ backoffMs: 1 }), "matrix");
    const pid = children().at(-1)!;
    process.kill(pid, "SIGSTOP");
    const unread = replica.run([row(1)]);
    process.kill(pid, "SIGKILL");
    await expect(unread).rejects.toBeInstanceOf(RunNotBegun);
  });

  test("can be closed while it is gone", async () => {
    const replica = await open(create({ backoffMs: 60_000 }), "matrix");
    await kill(-1);
    await expect.poll(() => replica.ready, { timeout: 10_000 }).toBe(false);
    await replica.close();
    await expect(replica.run([row(1)])).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringContaining("closed"),
    });
  });

  test("closing in the middle of runs answers them first", async () => {
    const replica = await open(create({}), "slow");
    const runs = [1, 2, 3].map((x) => replica.run([tensorOf("X", "FP32", [1, 1], [x])]));
    await Promise.all([replica.close(), replica.close()]);
    expect(await Promise.all(runs)).toHaveLength(3);
    await expect(replica.run([])).rejects.toMatchObject({ code: "not_ready" });
  });

  test("leaves the caller's thread free while it runs", async () => {
    const replica = await open(create({}), "slow");
    const running = replica.run([tensorOf("X", "FP32", [1, 1], [1])]);
    // What a thread that is not free comes to later than the answer.
    const turn = new Promise((resolve) => setImmediate(resolve, "a turn"));
    expect(await Promise.race([running, turn])).toBe("a turn");
    await running;
  });
});
