import { describe, expect, test } from "vitest";
import type { Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { defaultTolerance } from "./compare-tensors.ts";
import type { Examples } from "./examples.ts";
import { requireParity } from "./parity-report.ts";
import { runExamples } from "./run-examples.ts";

const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1], nullable: false }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  packed: null,
  batched: true,
};

const column = (name: string, values: readonly number[]): Tensor => ({
  name,
  datatype: "FP32",
  shape: [values.length],
  data: Float32Array.from(values),
});

/** A model that answers rows with `answer`, which may see how many share the run. */
function createReplica(answer: (x: number, rows: number) => number) {
  const runs: number[] = [];
  const replica: Replica = {
    async run([x]) {
      const values = [...(x!.data as Float32Array)];
      runs.push(values.length);
      return [
        column(
          "y",
          values.map((value) => answer(value, values.length)),
        ),
      ];
    },
    close: async () => {},
  };
  return { replica, runs };
}

const values = Array.from({ length: 1000 }, (_, i) => i);
const doubled: Examples = {
  rows: values.length,
  tolerance: defaultTolerance,
  requests: [[column("x", values)]],
  expected: [
    {
      output: "y",
      form: "value",
      classes: [],
      tensor: column(
        "y",
        values.map((x) => 2 * x),
      ),
    },
  ],
};

describe("examples", () => {
  test("are run in batches of many and, some of them, alone", async () => {
    const { replica, runs } = createReplica((x) => 2 * x);
    const report = await runExamples(replica, signature, doubled, { maxRows: 64 });
    expect(report).toMatchObject({ rows: 1000, identical: true, within: true, mismatchCount: 0, worst: null });
    expect(report.outputs).toEqual([{ output: "y", identical: true, within: true, maxUlps: 0 }]);
    expect(Math.max(...runs)).toBeLessThanOrEqual(64);
    expect(Math.max(...runs)).toBeGreaterThan(1);
    expect(runs.reduce((sum, rows) => sum + rows)).toBe(1000 + 16);
    expect(() => requireParity(report, "m@1")).not.toThrow();
  });

  test("tell where answers differ: the first of them, how many, and the worst", async () => {
    const { replica } = createReplica((x) => (x === 700 ? 3000 : x > 900 ? 2 * x + 1 : 2 * x));
    const report = await runExamples(replica, signature, doubled);
    const alone = report.mismatches.filter((mismatch) => mismatch.alone).length;
    expect(report.mismatchCount).toBeGreaterThanOrEqual(100);
    expect([report.within, report.mismatches.length, alone]).toEqual([false, 20, 0]);
    expect(report.mismatches[0]).toEqual({ row: 700, output: "y", expected: 1400, got: 3000, alone: false });
    expect(report.worst).toEqual(report.mismatches[0]);
    const error = (() => {
      try {
        return requireParity(report, "m@1");
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: "parity_failed", details: { rows: 1000, mismatches: report.mismatches } });
    expect(JSON.parse(JSON.stringify(error))).toBeTruthy();
  });

  test("find a model whose answer depends on what shares its run", async () => {
    const shared = createReplica((x, rows) => (rows > 1 ? 2 * x + 1 : 2 * x));
    expect((await runExamples(shared.replica, signature, doubled)).mismatches.every(({ alone }) => !alone)).toBe(true);
    const single = createReplica((x, rows) => (rows > 1 ? 2 * x : 2 * x + 1));
    const report = await runExamples(single.replica, signature, doubled);
    expect(report.within).toBe(false);
    expect(report.mismatches.every(({ alone }) => alone)).toBe(true);
  });

  test("count the distance in representable values within the tolerance", async () => {
    const { replica } = createReplica((x) => Math.fround(2 * x * (1 + 2 ** -23)));
    const report = await runExamples(replica, signature, doubled);
    expect(report).toMatchObject({ within: true, identical: false });
    expect(report.outputs[0]!.maxUlps).toBeGreaterThanOrEqual(1);
    expect(report.outputs[0]!.maxUlps).toBeLessThanOrEqual(2);
  });

  test("end where they are told to", async () => {
    const { replica, runs } = createReplica((x) => 2 * x);
    const signal = AbortSignal.abort(new Error("Enough."));
    await expect(runExamples(replica, signature, doubled, { signal })).rejects.toThrow("Enough.");
    expect(runs).toEqual([]);
  });

  test("fail where the model gives another number of values", async () => {
    const two: Examples = {
      ...doubled,
      rows: 2,
      requests: [[column("x", [1, 2])]],
      expected: [{ ...doubled.expected[0]!, tensor: column("y", [1, 2]) }],
    };
    const replica: Replica = { run: async () => [column("y", [1, 2, 3])], close: async () => {} };
    const { mismatches } = await runExamples(replica, signature, two);
    expect(mismatches[0]).toMatchObject({ expected: "FP32 [2]", got: "FP32 [3]" });
  });
});

test("classes are compared as callers are told them", async () => {
  const classes = ["no", "yes"];
  const binary: Signature = { ...signature, outputs: [{ name: "y", datatype: "FP32", shape: [-1], classes }] };
  const label: Tensor = { name: "y", datatype: "INT32", shape: [2], data: Int32Array.of(0, 1) };
  const examples: Examples = {
    rows: 2,
    tolerance: defaultTolerance,
    requests: [[column("x", [0.25, 0.75])]],
    expected: [
      { output: "y", form: "class", classes: [], tensor: label },
      { output: "y", form: "probabilities", classes: [0], tensor: { ...column("y", [0.75, 0.25]), shape: [2, 1] } },
    ],
  };
  expect(await runExamples(createReplica((x) => x).replica, binary, examples)).toMatchObject({ within: true });
  const swapped = await runExamples(createReplica((x) => 1 - x).replica, binary, examples);
  expect(swapped.mismatches.slice(0, 2)).toEqual([
    { row: 0, output: "y.class", expected: "no", got: "yes", alone: false },
    { row: 1, output: "y.class", expected: "yes", got: "no", alone: false },
  ]);
  expect(swapped.mismatches[2]).toMatchObject({ output: "y.probabilities.no", expected: 0.75, got: 0.25 });
});
