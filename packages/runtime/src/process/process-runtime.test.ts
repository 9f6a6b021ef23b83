import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { onnxModelCommand } from "../onnx/model-command.ts";
import { makeUpInputs } from "../onnx/warm-up.ts";
import { modelFiles, signatureOf, tensorOf } from "../onnx/testing/models.ts";
import type { OpenOptions } from "../runtime.ts";
import type { ModelLine } from "./model-process.ts";
import { createProcessRuntime, type ProcessRuntimeOptions } from "./process-runtime.ts";

const MiB = 2 ** 20;

async function open(name: string, options: Partial<OpenOptions> = {}, how: Partial<ProcessRuntimeOptions> = {}) {
  const runtime = createProcessRuntime({ command: onnxModelCommand(), environment: {}, ...how });
  const replica = await runtime.open(modelFiles(name), await signatureOf(name), { threads: 1, what: name, ...options });
  onTestFinished(() => replica.close());
  return replica;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process that takes more memory than it may is ended, and the reason is told", async () => {
  const replica = await open("huge", { memoryBytes: 300 * MiB }, { backoffMs: 60_000 });
  const [input] = (await signatureOf("huge")).inputs;
  const shape = input!.shape.map((size) => (size === -1 ? 1 : size));
  const run = replica.run([tensorOf(input!.name, input!.datatype, shape, [1])]);
  await expect(run).rejects.toMatchObject({
    code: "model_failed",
    message: expect.stringMatching(/it took \d+ MiB of memory, more than the 300 MiB of serve\.memory/),
  });
  expect(replica.ready).toBe(false);
});

test("a run that does not end is ended with its process", async () => {
  const replica = await open("endless", { runLimitMs: 1000 }, { backoffMs: 60_000 });
  const inputs = makeUpInputs(await signatureOf("endless"), 1);
  await expect(replica.run(inputs)).rejects.toMatchObject({
    code: "model_failed",
    message: expect.stringContaining("a run was not over after 1 s"),
  });
  expect(replica.ready).toBe(false);
});

test("a program that is no model process does not open, and leaves nothing behind", async () => {
  for (const [command, why] of [
    [["/no/such/program"], /it said: .*program: not found/],
    [
      [process.execPath, "-e", "console.error('at /srv/models/secret.so:3'); process.exit(1)"],
      /it said: at secret\.so:3/,
    ],
    [[process.execPath, "-e", "process.exit(3)"], /ended with code 3/],
    [[process.execPath, "-e", "require('fs').writeSync(3, 'HTTP/1.1 400 Bad Request')"], /no frame/],
  ] as const)
    await expect(open("matrix", {}, { command })).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringMatching(why),
    });
});

test("what nobody waits for has the lowest priority from its first moment", async () => {
  const say = "console.error(`priority ${require('os').getPriority()}`); process.exit(1)";
  const command = [process.execPath, "-e", say] as const;
  for (const [background, priority] of [
    [true, "19"],
    [false, String(getPriority())],
  ] as const)
    await expect(open("matrix", { background }, { command })).rejects.toMatchObject({
      message: expect.stringContaining(`it said: priority ${priority}`),
    });
});

test("a process finds nothing in its environment but what it is given, caps for threads, and a home that goes with it", async () => {
  process.env["SLIPWAY_TOKEN"] = "secret";
  onTestFinished(() => void delete process.env["SLIPWAY_TOKEN"]);
  const homes = mkdtempSync(join(tmpdir(), "slipway-homes-"));
  onTestFinished(() => rmSync(homes, { recursive: true }));
  const lines: ModelLine[] = [];
  const print = `require("fs").writeFileSync("left.txt", "x"); console.log(JSON.stringify(process.env)); process.exit(1)`;
  const opening = open(
    "matrix",
    { threads: 2, copy: 3 },
    { command: [process.execPath, "-e", print], environment: { TZ: "UTC" }, homes, onLine: (line) => lines.push(line) },
  );
  await expect(opening).rejects.toMatchObject({ code: "not_ready" });
  expect(lines).toMatchObject([{ what: "matrix", copy: 3, stream: "stdout" }]);
  const { HOME, ...environment } = JSON.parse(lines[0]!.text) as Record<string, string>;
  expect(dirname(HOME!)).toBe(homes);
  const caps = ["OMP", "OPENBLAS", "MKL", "NUMEXPR"].map((name) => [`${name}_NUM_THREADS`, "2"]);
  const own = { MALLOC_ARENA_MAX: "2", VECLIB_MAXIMUM_THREADS: "2", TZ: "UTC" };
  const places = { PWD: HOME, TMPDIR: HOME, TMP: HOME, TEMP: HOME };
  expect(environment).toEqual({ ...own, ...places, ...Object.fromEntries(caps) });
  await expect.poll(() => readdirSync(homes)).toEqual([]);
});

test("memory that a process does not look after itself is looked after, with what it started", async () => {
  const eat = "const held = Buffer.alloc(400e6, 1); setInterval(() => held.length, 1000)";
  const script = 'node=$1; eat=$2; "$node" -e "$eat" & exec "$node" -e "setInterval(() => {}, 1000)"';
  const command = ["/bin/sh", "-c", script, "sh", process.execPath, eat] as const;
  await expect(open("matrix", { memoryBytes: 300 * MiB }, { command })).rejects.toMatchObject({
    message: expect.stringMatching(/it took \d+ MiB of memory, more than the 300 MiB of serve\.memory/),
  });
});

test("opening can be given up, and the process is gone then", async () => {
  const giveUp = new AbortController();
  const stuck = [process.execPath, "-e", "setInterval(() => {}, 1000)"] as const;
  const opening = open("matrix", { signal: giveUp.signal }, { command: stuck });
  giveUp.abort();
  await expect(opening).rejects.toMatchObject({ code: "not_ready", message: expect.stringContaining("SIGKILL") });
});

test.each([
  ["idle", "matrix"],
  ["in an endless run", "endless"],
])("a process that is %s ends with its parent", async (_what, model) => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL("testing/hold-replica.ts", import.meta.url)), model], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout.setEncoding("utf8"), "data")) as [string];
  const pid = Number(said);
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});
