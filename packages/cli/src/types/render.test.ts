import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Endpoint, ModelVersion } from "@slipway/contract";
import { types } from "../commands/types.ts";
import { runCommand } from "../testing/context.ts";
import { toPropertyName, toTypeName, toUnion } from "./names.ts";
import { renderTypes } from "./render.ts";

const repository = fileURLToPath(new URL("../../../..", import.meta.url));
const at = "2026-11-22T10:15:30.123Z";
const row = { shape: [-1, 1], nullable: false };

const endpoint: Endpoint = {
  name: "flight-delay",
  target: { model: "flight-delay", version: 2, follows: "champion" },
  serve: {
    replicas: 1,
    timeout_ms: 200,
    fallback: null,
    memory_bytes: null,
    max_training_age_ms: null,
    placement: null,
    threads: null,
    device: "cpu",
    recycle: null,
    batching: { max_rows: null, max_delay_ms: 0, max_queue: null },
  },
  log: { durability: "process", on_full: "serve", key: "flight_id", fields: ["carrier code", "hour"], redact: [] },
  labels: { sql: null },
  monitor: {},
  traffic: { unit: null, seed: "", arms: [], rules: [], shadows: [] },
  stop: null,
  rollout: null,
  revision: 3,
  state: "ready",
  state_message: null,
  warnings: [],
  placement: "thread",
  owner: null,
  created_at: at,
  updated_at: at,
};

const version: ModelVersion = {
  model: "flight-delay",
  version: 2,
  state: "verified",
  digest: "0",
  flavor: "onnx",
  platform: "onnx",
  placement: "thread",
  program: { kind: "onnx" },
  signature: {
    batched: true,
    packed: null,
    inputs: [
      { ...row, name: "origin", datatype: "BYTES" },
      { ...row, name: "hour", datatype: "INT64", range: [0, 23] },
      { ...row, name: "serial", datatype: "UINT64" },
      { ...row, name: "late share", datatype: "FP32", nullable: true, range: [0, 1] },
      { ...row, name: "grid", datatype: "FP32", shape: [-1, 2, -1] },
    ],
    outputs: [
      { name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", 'very "late"'] },
      { name: "kind", datatype: "INT64", shape: [-1], classes: ["a", "b"] },
      { name: "score", datatype: "FP32", shape: [-1, 1] },
      { name: "embedding", datatype: "FP32", shape: [-1, 8] },
      { name: "top", datatype: "INT64", shape: [-1, -1] },
    ],
  },
  files: [],
  aliases: [],
  owner: null,
  manifest: null,
  report: null,
  author: null,
  message: null,
  description: null,
  stage: "None",
  source: "mlflow-artifacts:/slipway-versions/flight-delay/2",
  run_id: null,
  logged_model_id: null,
  updated_at: at,
  created_at: at,
};

test("names become valid ones", () => {
  expect(["flight-delay", "3d.scan_x", "a", "9"].map(toTypeName)).toEqual(["FlightDelay", "_3dScanX", "A", "_9"]);
  expect(["hour", "late share", "1st", 'a"b', "größe"].map(toPropertyName)).toEqual([
    "hour",
    '"late share"',
    '"1st"',
    '"a\\"b"',
    '"größe"',
  ]);
  expect(toUnion(["a", "b", "a"])).toBe('"a" | "b"');
  expect(toUnion(Array.from({ length: 1001 }, (_, i) => `c${i}`))).toBe("string");
});

test("a file with --out, nothing without a version that serves", async () => {
  const answers = {
    "GET /api/v1/endpoints/flight-delay": endpoint,
    "GET /api/v1/models/flight-delay/versions/2": version,
    "GET /api/v1/endpoints/empty": { ...endpoint, name: "empty", target: null },
  };
  const printed = await runCommand(types, { args: ["flight-delay"], answers });
  expect(printed.out).toBe(renderTypes(endpoint, version));
  await expect(runCommand(types, { args: ["empty"], answers })).rejects.toMatchObject({ code: "precondition_failed" });
  const missing = runCommand(types, { args: ["flight-delay"], options: { out: "/no/such/folder/x.ts" }, answers });
  await expect(missing).rejects.toThrow("cannot be written");
});

describe("with the compiler", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-"));
    await writeFile(join(folder, "types.ts"), renderTypes(endpoint, version));
    const compilerOptions = {
      target: "es2024",
      lib: ["es2024", "dom", "dom.asynciterable"],
      module: "nodenext",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: [],
      paths: { slipway: [join(repository, "packages/sdk/src/index.ts")] },
    };
    await writeFile(join(folder, "package.json"), '{"type": "module"}');
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Line and code of each error. */
  async function compile(...lines: string[]): Promise<string[]> {
    const head = [
      'import { createClient } from "slipway";',
      'import type { Endpoints } from "./types.ts";',
      'const endpoint = createClient<Endpoints>().endpoint("flight-delay");',
      'const record = { origin: "ATL", hour: 8, serial: 2n ** 60n, grid: [[1], [2]] };',
    ];
    await writeFile(join(folder, "use.ts"), [...head, ...lines, "export {};"].join("\n"));
    const script = join(repository, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [script, "-p", folder, "--pretty", "false"], { encoding: "utf8" });
    return stdout
      .split("\n")
      .filter((line) => line.includes("error TS"))
      .map((line) =>
        line.replace(/^.*?(\w+\.ts)\((\d+),.*$/, (_, file: string, n: string) => `${file}:${Number(n) - head.length}`),
      );
  }

  test("right use compiles", async () => {
    const errors = await compile(
      "const one = await endpoint.predict(record);",
      'const name: "on_time" | \'very "late"\' | null = one.prediction.late.class;',
      "const share: number | null = one.prediction.late.probabilities.on_time;",
      'const kind: "a" | "b" = one.prediction.kind;',
      "const first: number | null | undefined = one.prediction.embedding[0];",
      'const more = { ...record, "late share": null, flight_id: "AA 1", "carrier code": { any: "thing" } };',
      'const many = await endpoint.predict([record, more], { key: "k", timeoutMs: 100 });',
      "const version: number = many.version + many.predictions.length;",
      'const pinned = createClient<Endpoints>().endpoint("flight-delay", { pin: "challenger" });',
      "export { name, share, kind, first, version, pinned };",
    );
    expect(errors).toEqual([]);
  });

  test("wrong use does not", async () => {
    const wrong = [
      'await endpoint.predict({ ...record, hour: "8" });',
      "await endpoint.predict({ ...record, hour: null });",
      'await endpoint.predict({ origin: "ATL" });',
      "await endpoint.predict({ ...record, huor: 8 });",
      "await endpoint.predict({ ...record, grid: [1, 2] });",
      "(await endpoint.predict(record)).prediction.later;",
      "(await endpoint.predict(record)).prediction.late.probabilities.never;",
      '(await endpoint.predict(record)).prediction.kind === "c";',
      'createClient<Endpoints>().endpoint("flight-dealy");',
    ];
    const errors = await compile(...wrong);
    expect([...new Set(errors)]).toEqual(wrong.map((_, i) => `use.ts:${i + 1}`));
  });
});
