import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createThreadRuntime } from "../thread-runtime.ts";
import { irisProbabilities, irisRows, modelFolder, tensorOf } from "../testing/models.ts";
import { findBatchTrouble } from "./batch-check.ts";
import { choosePlacement } from "./placement.ts";
import { run } from "./probe.ts";
import type { ProbeReport, ProbeRequest } from "./report.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Copies one model into the folder and probes it. */
async function probe(name: string, options: Partial<ProbeRequest> = {}): Promise<ProbeReport> {
  await cp(`${modelFolder}${name}.onnx`, join(folder, `${name}.onnx`));
  const request = {
    folder,
    path: `${name}.onnx`,
    rewriteTo: "rewritten.onnx",
    ranges: {},
    columnRanges: [],
    budgetMs: 50,
  };
  return run({ ...request, ...options }, () => {});
}

describe("a probe", () => {
  test("describes and measures, and JSON carries it", async () => {
    const stages: string[] = [];
    await cp(`${modelFolder}columns.onnx`, join(folder, "columns.onnx"));
    const request = { folder, path: "columns.onnx", rewriteTo: "r.onnx", ranges: {}, columnRanges: [], budgetMs: 50 };
    const report = await run(request, (stage) => stages.push(stage));
    expect(stages).toEqual(["reading", "opening", "running"]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({ path: "columns.onnx", unmeasured: null, externalFiles: [], notes: [] });
    expect(report.description).toEqual({
      platform: "onnx_onnxv1",
      signature: {
        inputs: [
          { name: "origin", datatype: "BYTES", shape: [-1, 1], nullable: false },
          { name: "hour", datatype: "FP32", shape: [-1, 1], nullable: false },
          { name: "late", datatype: "FP32", shape: [-1, 1], nullable: false },
        ],
        outputs: [
          { name: "label", datatype: "INT64", shape: [-1] },
          { name: "probabilities", datatype: "FP32", shape: [-1, 2] },
        ],
        packed: null,
        batched: true,
      },
    });
    expect(report.createMs).toBeGreaterThan(0);
    expect(report.runs!.count).toBeGreaterThanOrEqual(1);
    expect(report.runs!.p50Ms).toBeGreaterThan(0);
    expect(report.runs!.p95Ms).toBeGreaterThanOrEqual(report.runs!.p50Ms);
    expect(report.rssBytes).toBeGreaterThan(2 ** 24);
  });

  test("takes a ZipMap out and leaves the probabilities as they are", async () => {
    for (const [name, classes] of [
      ["iris-int-zipmap", ["0", "1", "2"]],
      ["iris-text-zipmap", ["setosa", "versicolor", "virginica"]],
    ] as const) {
      const report = await probe(name, { rewriteTo: `${name}-rewritten.onnx` });
      expect(report.path).toBe(`${name}-rewritten.onnx`);
      expect(report.classes).toEqual({ output_probability: classes });
      expect(report.notes).toEqual([expect.stringContaining("ZipMap")]);
      const { signature } = report.description;
      expect(signature.outputs[1]).toEqual({ name: "output_probability", datatype: "FP32", shape: [-1, 3] });
      const replica = await createThreadRuntime().open({ folder, path: report.path }, signature, { threads: 1 });
      const [label, probabilities] = await replica.run([tensorOf("X", "FP32", [3, 4], irisRows)]);
      expect([...label!.data].map(String)).toEqual(classes);
      for (const [i, expected] of irisProbabilities.entries()) expect(probabilities!.data[i]).toBeCloseTo(expected, 4);
      await replica.close();
    }
  });

  test("overwrites nothing when it rewrites", async () => {
    await writeFile(join(folder, "rewritten.onnx"), "mine");
    await expect(probe("iris-int-zipmap")).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readFile(join(folder, "rewritten.onnx"), "utf8")).toBe("mine");
  });

  test("finds out whether rows may share a run", async () => {
    const batched = async (name: string) => (await probe(name)).description.signature.batched;
    expect(await batched("matrix")).toBe(true);
    expect(await batched("identity")).toBe(true);
    expect(await batched("fixed-batch")).toBe(false);
    expect(await batched("scalar")).toBe(false);
    expect(await batched("centred")).toBe(false);
    expect((await probe("centred")).notes).toEqual([expect.stringContaining("depends on the rows beside it")]);
  });

  test("tries the ranges that it is given, and says so when nothing works", async () => {
    const unmeasured = await probe("picky");
    expect(unmeasured.runs).toBeNull();
    expect(unmeasured.unmeasured).toContain("out of data bounds");
    expect(unmeasured.description.signature.batched).toBe(true);
    expect(choosePlacement(unmeasured)).toBe("worker");
    const measured = await probe("picky", { ranges: { code: [10, 12] } });
    expect(measured.unmeasured).toBeNull();
    expect((await probe("picky", { columnRanges: [[10, 12]] })).unmeasured).toBeNull();
  });

  test("tells that rows depend on each other also where one run takes longer than there is time", async () => {
    const report = await probe("slow", { budgetMs: 0.001 });
    expect(report.runs!.count).toBe(1);
    expect(report.description.signature.batched).toBe(false);
    expect(report.notes.join()).toMatch(/depends on the rows beside it/);
  });

  test("is quick about a slow model", async () => {
    const report = await probe("slow", { budgetMs: 1 });
    expect(report.runs!.count).toBe(1);
    expect(choosePlacement(report)).toBe("worker");
  });

  test("names the files that are missing", async () => {
    await expect(probe("external")).rejects.toMatchObject({
      code: "invalid_model",
      details: { missing_files: ["external.weights"] },
    });
    await cp(`${modelFolder}external.weights`, join(folder, "external.weights"));
    expect(await probe("external")).toMatchObject({ externalFiles: ["external.weights"], unmeasured: null });
    const bytes = await readFile(join(folder, "external.onnx"), "latin1");
    await writeFile(join(folder, "outside.onnx"), bytes.replace("external.weights", "../ternal.weight"), "latin1");
    const request = { folder, path: "outside.onnx", rewriteTo: "r", ranges: {}, columnRanges: [], budgetMs: 1 };
    await expect(run(request, () => {})).rejects.toMatchObject({
      message: expect.stringContaining("outside of its own folder"),
    });
  });

  test.each([
    ["garbage-empty", /is empty/],
    ["garbage-text", /Git LFS pointer/],
    ["garbage-pickle", /Python pickle/],
    ["garbage-truncated", /is not an ONNX file, or is cut off/],
    ["bfloat16", /input "x" has the type bfloat16/],
    ["sequence", /output "parts" is a sequence.*options=\{'zipmap': False\}/],
    ["unknown-operator", /operator that ONNX Runtime does not have.*Frobnicate/],
  ])("refuses %s with the reason", async (name, reason) => {
    await expect(probe(name)).rejects.toMatchObject({ code: "invalid_model", message: expect.stringMatching(reason) });
  });
});

test("the placement is by the two measured times, and by what no measurement bounds", () => {
  const runs = (p95Ms: number) => ({ firstMs: 1, p50Ms: 0.1, p95Ms, count: 30 });
  const unbounded: string[] = [];
  expect(choosePlacement({ createMs: 5, runs: runs(1), unbounded })).toBe("thread");
  expect(choosePlacement({ createMs: 5.1, runs: runs(0.1), unbounded })).toBe("worker");
  expect(choosePlacement({ createMs: 1, runs: runs(1.01), unbounded })).toBe("worker");
  expect(choosePlacement({ createMs: 1, runs: null, unbounded })).toBe("worker");
  expect(choosePlacement({ createMs: 1, runs: runs(0.1), unbounded: ["Loop"] })).toBe("worker");
});

test("rows that differ in a batch are found", () => {
  const y = (...rows: number[]) => [tensorOf("y", "FP32", [rows.length, 1], rows)];
  expect(findBatchTrouble([y(1), y(2)], y(1, 2))).toBeNull();
  expect(findBatchTrouble([y(1), y(2)], y(1, 2.0001))).toBeNull();
  expect(findBatchTrouble([y(Number.NaN)], y(Number.NaN))).toBeNull();
  expect(findBatchTrouble([y(1), y(2)], y(2, 1))).toContain("depends");
  expect(findBatchTrouble([y(1), y(2)], y(1))).toContain("for 2 rows");
});
