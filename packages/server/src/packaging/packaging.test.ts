import { parseManifest, SlipwayError } from "@slipway/contract";
import { createThreadRuntime } from "@slipway/runtime";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPackaging, deriveName, parseManifestText, toModelSection, versionDigest } from "./index.ts";
import type { InspectRequest } from "./index.ts";
import type { ChildOutcome, ChildRunner } from "../platform/process/index.ts";
import { probeModel } from "./probe-model.ts";

const models = fileURLToPath(new URL("../../../runtime/src/onnx/testing/models/", import.meta.url));
const examples = fileURLToPath(new URL("../../../../examples/flight-delays/", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterEach(() => rm(folder, { recursive: true }));

const packaging = createPackaging();

async function inspect(file: string, options: Partial<InspectRequest> = {}, from = packaging) {
  await cp(join(models, file), join(folder, file));
  return from.inspect({ folder, path: file, manifest: null, ...options });
}

describe("packaging", () => {
  test("says what a file is", async () => {
    const progress: string[] = [];
    const packaged = await inspect("matrix.onnx", { onProgress: (message) => progress.push(message) });
    expect(progress).toEqual(["reading the file", "opening the model", "trying it out"]);
    expect(packaged).toMatchObject({
      name: "matrix",
      flavor: "onnx",
      platform: "onnx_onnxv1",
      modelSection: { path: "matrix.onnx" },
      program: { kind: "onnx" },
      made: [],
      signature: { packed: null, batched: true, inputs: [{ name: "X", datatype: "FP32", shape: [-1, 4] }] },
      notes: [expect.stringMatching(/^It will run in .* opening takes [\d.]+ ms, a row [\d.]+ ms/)],
    });
  });

  test("names the columns of a matrix", async () => {
    const inputs = { d: "float32", c: "float32", b: "float32", a: { type: "int64", range: [0, 9] } };
    const manifest = parseManifest({ slipway: 1, name: "sum", model: { path: "matrix.onnx", inputs } });
    const packaged = await inspect("matrix.onnx", { manifest });
    expect(packaged.name).toBe("sum");
    expect(packaged.signature.packed).toEqual({ tensor: "X", datatype: "FP32" });
    expect(packaged.signature.inputs.map(({ name }) => name)).toEqual(["d", "c", "b", "a"]);
    expect(packaged.modelSection.inputs!.map(({ name }) => name)).toEqual(["d", "c", "b", "a"]);
    const wrong = parseManifest({ slipway: 1, name: "sum", model: { path: "matrix.onnx", inputs: { a: "float32" } } });
    await expect(inspect("matrix.onnx", { manifest: wrong })).rejects.toMatchObject({ code: "invalid_manifest" });
  });

  test("hands over the model without its ZipMap", async () => {
    const { made, signature, notes } = await inspect("iris-text-zipmap.onnx");
    const [rewritten] = made;
    const bytes = await readFile(rewritten!.path);
    expect(rewritten).toEqual({
      path: join(folder, rewritten!.relativePath),
      relativePath: ".slipway-iris-text-zipmap.onnx",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      size: bytes.length,
    });
    expect(signature.outputs[1]).toMatchObject({ shape: [-1, 3], classes: ["setosa", "versicolor", "virginica"] });
    expect(notes[0]).toContain("ZipMap");
    const replica = await createThreadRuntime().open({ folder, path: rewritten!.relativePath }, signature, {
      threads: 1,
    });
    await replica.close();
  });

  test("refuses what cannot be served", async () => {
    await expect(inspect("garbage-pickle.onnx")).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringContaining("pickle"),
    });
    await expect(inspect("external.onnx")).rejects.toMatchObject({ details: { missing_files: ["external.weights"] } });
  });

  test("gives up on a model that takes too long or too much, and stops when told", async () => {
    const hasty = createPackaging({ probeTimeoutMs: 3000 });
    await expect(inspect("endless.onnx", {}, hasty)).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(/endless\.onnx was given up after 3 s while/),
    });
    const small = createPackaging({ probeMemoryBytes: 600 * 2 ** 20 });
    await expect(inspect("huge.onnx", {}, small)).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(/more than 600 MiB of memory while/),
    });
    const controller = new AbortController();
    const onProgress = (message: string) => message === "trying it out" && controller.abort();
    await expect(inspect("endless.onnx", { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: "cancelled",
    });
  }, 30_000);

  test.each(["v1", "v2"])("takes the flights of the example, %s", async (version) => {
    const manifest = parseManifestText(await readFile(join(examples, version, "slipway.yaml"), "utf8"));
    await cp(join(examples, version), folder, { recursive: true });
    const packaged = await packaging.inspect({ folder, path: "model.onnx", manifest });
    expect(packaged).toMatchObject({
      name: "flight-delay",
      made: [],
      signature: { batched: true, packed: null },
      report: { unmeasured: null },
    });
    expect(packaged.signature.outputs).toEqual([
      expect.objectContaining({ name: "late", classes: ["on_time", "late"] }),
    ]);
    // The examples in the form in which they are run, and nothing else of ours.
    expect(await readdir(folder)).toEqual([".slipway-examples.bin", ...(await readdir(join(examples, version)))]);
  });
});

test("the digest says whether two versions are the same", () => {
  const model = parseManifest({
    slipway: 1,
    name: "a",
    model: { path: "m.onnx", inputs: { b: "int64", a: { type: "int64", nullable: false } } },
  }).model!;
  const turned = { ...model, inputs: { a: "int64", b: { type: "int64" } } } as typeof model;
  const files = [
    { path: "m.onnx", sha256: "00" },
    { path: "m.data", sha256: "11" },
  ];
  const digest = versionDigest(files, toModelSection("m.onnx", model, false));
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(versionDigest(files.toReversed(), toModelSection("m.onnx", turned, false))).toBe(digest);
  const others = [
    versionDigest(files.slice(1), toModelSection("m.onnx", model, false)),
    versionDigest(files, toModelSection("m.onnx", null, false)),
    versionDigest(files, toModelSection("m.onnx", model, true)),
  ];
  expect(new Set([digest, ...others]).size).toBe(4);
  const packed = [model, turned].map((section) => versionDigest(files, toModelSection("m.onnx", section, true)));
  expect(packed[0]).not.toBe(packed[1]);
});

test("a crash of the probe is told as what it is", async () => {
  const request = { folder, path: "m.onnx", rewriteTo: "r", ranges: {}, columnRanges: [], budgetMs: 1 };
  const limits = { timeMs: 1000, memoryBytes: 1e9, heapBytes: 1e8 };
  const endings: [ChildOutcome, RegExp][] = [
    [
      { kind: "crash", signal: "SIGABRT", stderr: "oh" },
      /crashed \(SIGABRT\) while opening the model of m\.onnx; the server is unharmed/,
    ],
    [{ kind: "exit", code: 7, stderr: "" }, /ended with code 7/],
  ];
  for (const [outcome, message] of endings) {
    const children: ChildRunner = {
      run: async ({ onProgress }) => {
        onProgress?.("opening");
        return outcome;
      },
    };
    await expect(probeModel(children, { request, limits })).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(message),
    });
  }
});

test("names come from files", () => {
  const names = ["a/Flight Delay.v2.onnx", "model.onnx", "über.onnx", "....onnx", "X"].map(deriveName);
  expect(names).toEqual(["flight-delay.v2", "model", "ber", "model", "x"]);
});

describe("the text of a manifest", () => {
  function problems(text: string): unknown {
    try {
      return parseManifestText(text);
    } catch (error) {
      if (!SlipwayError.is(error)) throw error;
      expect(error.code).toBe("invalid_manifest");
      return error.details["problems"];
    }
  }

  test("is read as YAML 1.2", () => {
    const text =
      "slipway: 1\nname: a\nmodel: {path: m.onnx, outputs: {y: {classes: [no, yes, on]}}}\nlog: {on_full: refuse}\n";
    expect(problems(text)).toMatchObject({ model: { outputs: { y: { classes: ["no", "yes", "on"] } } } });
  });

  test("has lines in its problems", () => {
    expect(problems("slipway: 1\nname: a\nserve:\n  replicas: 1\n  timeuot: 1s\nmodel:\n  inputs: {}\n")).toEqual([
      { path: "model.path", message: "is missing", line: 7 },
      { path: "serve.timeuot", message: 'is not a known key. Did you mean "timeout"?', line: 5 },
    ]);
    expect(() => parseManifestText("slipway: 1\nname: A\n")).toThrow(/line 2, name: is "A"/);
  });

  test("is refused where it is no YAML, where keys stand twice and where it explodes", () => {
    expect(problems("slipway: 1\nname: a\nname: b\n")).toEqual([
      { path: "", message: expect.stringMatching(/unique/), line: 3 },
    ]);
    expect(problems("a: [1\n")).toMatchObject([{ path: "" }]);
    expect(problems("")).toMatchObject([{ path: "" }]);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f"].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcde"[i]}`).join(",")}]`).join("\n")}\n`;
    expect(problems(bomb)).toMatchObject([{ message: expect.stringMatching(/alias/i) }]);
  });
});
