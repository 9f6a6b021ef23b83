import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { checkPackage, type CheckPackageRequest } from "./check-package.ts";
import { judgeAge, judgeLatency, judgeMemory } from "./judge.ts";

const flights = fileURLToPath(new URL("../../../../../examples/flight-delays/v1", import.meta.url));
const models = fileURLToPath(new URL("../../../../runtime/src/onnx/testing/models", import.meta.url));
const manifest = `slipway: 1
name: flight-delay
model:
  path: model.onnx
  inputs:
    weekday: {type: int64, range: [0, 6]}
  outputs:
    late: {classes: [on_time, late]}
serve:
  timeout: 2s
`;
const fileOf = (folder: string, path: string) => ({ path, absolute: join(folder, path) });

function check(request: Partial<CheckPackageRequest>) {
  const files = [fileOf(flights, "model.onnx")];
  return checkPackage({ files, entry: "model.onnx", manifest, expect: null, findFiles: async () => null, ...request });
}

async function failures(request: Partial<CheckPackageRequest>) {
  const { findings } = await check(request);
  return findings.filter(({ state }) => state === "failed").map(({ check: name, message }) => `${name}: ${message}`);
}

test.each([
  ["manifest", [/timeout:/, "timeuot:"], /line \d+, serve\.timeuot: is not a known key/],
  ["manifest", [/^model:/m, "model:\n  examples: none.json"], /there is no file none\.json/],
  ["signature", [/weekday: {/, "day_of_week: {"], /is no input of the file/],
  ["latency", [/timeout: \S+/, "timeout: 0.000001ms"], /answers would be too late/],
  ["memory", [/^serve:/m, "serve:\n  memory: 1MiB"], /serve\.memory is 1 MiB, which is less/],
  ["training age", [/^serve:/m, "serve:\n  max_training_age: 90d"], /does not say when/],
] as const)("%s fails where a deploy or a server would: %s", async (name, [from, to], said) => {
  const found = await failures({ manifest: manifest.replace(from, to) });
  expect(found).toEqual([expect.stringMatching(said)]);
  expect(found[0]).toMatch(new RegExp(`^${name}: `));
});

test("examples prove the file, and show classes that were swapped", async () => {
  const files = [fileOf(flights, "model.onnx"), fileOf(flights, "examples.json")];
  const proven = manifest.replace(/^model:/m, "model:\n  examples: examples.json");
  const good = await check({ files, manifest: proven });
  expect(good.findings.find(({ check: name }) => name === "examples")).toMatchObject({
    state: "ok",
    message: expect.stringMatching(/^100 rows answered/),
  });
  const swapped = await check({ files, manifest: proven.replace("[on_time, late]", "[late, on_time]") });
  expect(swapped.findings.filter(({ state }) => state === "failed")).toMatchObject([
    { check: "examples", details: { within: false, rows: 100, mismatches: expect.any(Array) } },
  ]);
  expect(swapped.digest).not.toBe(good.digest);
});

test("files that the model needs are asked for by name, and nothing is written beside them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-check-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["external.onnx", "external.weights", "iris-int-zipmap.onnx"])
    cpSync(join(models, name), join(folder, name));
  const before = readdirSync(folder);
  const asked: string[] = [];
  const findFiles = async (names: readonly string[]) => {
    asked.push(...names);
    return names.map((name) => fileOf(folder, name));
  };
  const external = { files: [fileOf(folder, "external.onnx")], entry: "external.onnx", manifest: null };
  expect(await failures({ ...external, findFiles })).toEqual([]);
  expect(asked).toEqual(["external.weights"]);
  expect(await failures(external)).toEqual([expect.stringMatching(/^model: .*external\.weights is missing/)]);
  const zipmap = { files: [fileOf(folder, "iris-int-zipmap.onnx")], entry: "iris-int-zipmap.onnx", manifest: null };
  expect(await failures(zipmap)).toEqual([]);
  expect(readdirSync(folder)).toEqual(before);
});

test("it can be stopped", async () => {
  const controller = new AbortController();
  const endless = { files: [fileOf(models, "endless.onnx")], entry: "endless.onnx", manifest: null };
  const onProgress = (message: string) => message === "trying it out" && controller.abort();
  const checked = check({ ...endless, signal: controller.signal, onProgress });
  await expect(checked).rejects.toMatchObject({ code: "cancelled" });
});

test("budgets are held exactly, and half of a timeout is a warning", () => {
  const latency = (p99Ms: number, batchMs = 1) => ({
    single: { rows: 1, runs: 9, p50Ms: 1, p99Ms },
    batch: { rows: 9, runs: 9, p50Ms: 1, p99Ms: batchMs },
    recorded: true,
  });
  const timeout = { timeout: "10ms", timeoutMs: 10 };
  const states = [latency(5), latency(6), latency(10), latency(10.1), latency(1, 11)];
  expect(states.map((each) => judgeLatency(each, timeout).state)).toEqual([
    "ok",
    "warning",
    "warning",
    "failed",
    "warning",
  ]);
  expect([judgeMemory(5, null), judgeMemory(5, 5), judgeMemory(6, 5)].map(({ state }) => state)).toEqual([
    "ok",
    "ok",
    "failed",
  ]);
  const age = (trainedAt: number | null, mostMs: number | null) => judgeAge(trainedAt, { mostMs, now: 100 }).state;
  expect([age(null, null), age(null, 9), age(91, 9), age(90, 9), age(0, null)]).toEqual([
    "ok",
    "failed",
    "ok",
    "failed",
    "ok",
  ]);
});
