import { parseManifest, SlipwayError } from "@slipway/contract";
import type { Datatype, Signature } from "@slipway/runtime";
import { describe, expect, test } from "vitest";
import { mergeSignature } from "./merge-signature.ts";

type Port = [name: string, datatype: Datatype, shape: number[]];

function fileOf(inputs: Port[], outputs: Port[] = [["y", "FP32", [-1, 2]]]): Signature {
  const toPort = ([name, datatype, shape]: Port) => ({ name, datatype, shape });
  return {
    inputs: inputs.map((port) => ({ ...toPort(port), nullable: false })),
    outputs: outputs.map(toPort),
    packed: null,
    batched: true,
  };
}

function merge(
  signature: Signature,
  model: object | null,
  facts: { classes?: Record<string, string[]>; columns?: string[] } = {},
) {
  const manifest = model && parseManifest({ slipway: 1, name: "m", model: { path: "m.onnx", ...model } });
  return mergeSignature({ signature, classes: {}, columns: null, ...facts }, manifest?.model ?? null);
}

function problems(merging: () => Signature): string[] {
  try {
    merging();
  } catch (error) {
    if (!SlipwayError.is(error)) throw error;
    expect(error.code).toBe("invalid_manifest");
    return (error.details["problems"] as { path: string; message: string }[]).map(
      ({ path, message }) => `${path}: ${message}`,
    );
  }
  return [];
}

const columns = fileOf([
  ["origin", "BYTES", [-1, 1]],
  ["hour", "INT64", [-1]],
  ["late", "FP32", [-1, -1]],
]);
const matrix = fileOf([["X", "FP32", [-1, 3]]]);

describe("named inputs", () => {
  test("are the file's, without a manifest", () => {
    expect(merge(columns, null)).toEqual(columns);
  });

  test("get ranges, missing values and open dimensions from the manifest", () => {
    const inputs = {
      late: { type: "float32", nullable: true, range: [0, 1], shape: [-1, 4] },
      hour: { type: "int64", range: [0, 23] },
    };
    expect(merge(columns, { inputs })).toEqual({
      ...columns,
      inputs: [
        columns.inputs[0],
        { ...columns.inputs[1], range: [0, 23] },
        { ...columns.inputs[2], shape: [-1, 4], nullable: true, range: [0, 1] },
      ],
    });
  });

  test("that do not fit the file are refused with what it has", () => {
    const inputs = { orign: "string", hour: "float32", origin: { type: "string", shape: [-1, 2] } };
    expect(problems(() => merge(columns, { inputs }))).toEqual([
      'model.inputs.orign: is no input of the file, which has "origin" (string [any, 1]), "hour" (int64 [any]), "late" (float32 [any, any]). Did you mean "origin"?',
      "model.inputs.origin.shape: is [any, 2] here, but [any, 1] in the file",
      "model.inputs.hour: is float32 here, but int64 in the file",
    ]);
  });
});

describe("a matrix", () => {
  const inputs = { b: { type: "int64", range: [0, 9] }, a: "bool", c: { type: "float32", nullable: true } };

  test("has named columns, in the order of the manifest", () => {
    expect(merge(matrix, { inputs })).toEqual({
      ...matrix,
      inputs: [
        { name: "b", datatype: "INT64", shape: [-1], nullable: false, range: [0, 9] },
        { name: "a", datatype: "BOOL", shape: [-1], nullable: false },
        { name: "c", datatype: "FP32", shape: [-1], nullable: true },
      ],
      packed: { tensor: "X", datatype: "FP32" },
    });
  });

  test("has the columns that the file names, unless the manifest names them", () => {
    const facts = { columns: ["u", "v", "w"] };
    expect(merge(matrix, null, facts)).toMatchObject({
      inputs: [{ name: "u", datatype: "FP32", shape: [-1] }, { name: "v" }, { name: "w" }],
      packed: { tensor: "X", datatype: "FP32" },
    });
    expect(merge(matrix, { inputs }, facts).inputs.map((input) => input.name)).toEqual(["b", "a", "c"]);
  });

  test("stays a matrix where the manifest describes it", () => {
    const merged = merge(matrix, { inputs: { X: { type: "float32", nullable: true } } }, { columns: ["u", "v", "w"] });
    expect(merged).toEqual({ ...matrix, inputs: [{ ...matrix.inputs[0], nullable: true }] });
  });

  test("refuses columns that cannot be its own", () => {
    expect(problems(() => merge(matrix, { inputs: { a: "float32", b: "string" } }))).toEqual([
      'model.inputs: names 2 columns, but the file has one input, "X" (float32 [any, 3]): name its 3 columns in order, or describe "X" itself',
      'model.inputs.b: is text, but becomes a column of "X" (float32 [any, 3])',
    ]);
    expect(problems(() => merge(matrix, { inputs: { a: "float32", 7: "float32", b: "float32" } }))).toEqual([
      "model.inputs.7: a column cannot be called by a bare number, because its place would be lost",
    ]);
    const text = fileOf([["X", "BYTES", [-1, 3]]]);
    expect(problems(() => merge(text, { inputs: { a: "string", b: "string", c: "string" } }))).toHaveLength(3);
  });
});

describe("classes", () => {
  const file = fileOf(
    [["x", "FP32", [-1]]],
    [
      ["both", "FP32", [-1, 2]],
      ["second", "FP64", [-1, 1]],
      ["index", "INT64", [-1]],
      ["text", "BYTES", [-1]],
      ["cube", "FP32", [-1, 2, 2]],
    ],
  );
  const named =
    (output: string, ...classes: string[]) =>
    () =>
      merge(file, { outputs: { [output]: { classes } } });

  test("fit the shape of the output", () => {
    for (const [output, count] of [
      ["both", 2],
      ["second", 2],
      ["index", 5],
    ] as const) {
      const classes = ["a", "b", "c", "d", "e"].slice(0, count);
      expect(named(output, ...classes)().outputs.find(({ name }) => name === output)).toMatchObject({ classes });
    }
    expect(problems(named("both", "a", "b", "c"))).toEqual([
      'model.outputs.both.classes: names 3 classes, but "both" (float32 [any, 2]) wants 2',
    ]);
    expect(problems(named("second", "a"))).toHaveLength(1);
    expect(problems(named("text", "a", "b"))).toHaveLength(1);
    expect(problems(named("cube", "a", "b"))).toHaveLength(1);
    expect(problems(named("bth", "a", "b"))).toEqual([
      expect.stringMatching(/no output of the file.*Did you mean "both"\?/),
    ]);
  });

  test("of a ZipMap are kept, unless the manifest says better names", () => {
    const facts = { classes: { both: ["0", "1"] } };
    expect(merge(file, null, facts).outputs[0]!.classes).toEqual(["0", "1"]);
    expect(merge(file, { outputs: { both: { classes: ["no", "yes"] } } }, facts).outputs[0]!.classes).toEqual([
      "no",
      "yes",
    ]);
  });
});
