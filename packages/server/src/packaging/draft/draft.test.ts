import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseManifestText } from "../manifest-file.ts";
import type { PackagedModel } from "../packaged-model.ts";
import { readSignature } from "../inspect-onnx.ts";
import { toColumnFacts } from "./column-facts.ts";
import { draftManifest } from "./draft-manifest.ts";
import { matchColumns } from "./match-columns.ts";
import { roundOutward } from "./round-outward.ts";

type Signature = PackagedModel["signature"];
type Table = Readonly<Record<string, readonly unknown[]>>;

function toPackaged(signature: Signature, classes: PackagedModel["report"]["classes"] = {}): PackagedModel {
  const report = { description: { signature, platform: "onnx_onnxv1" }, classes, metadata: {} };
  return { signature, report } as unknown as PackagedModel;
}

const matrix = (width: number, outputs: Signature["outputs"] = [port("y", "FP32", [-1, 1])]): Signature => ({
  inputs: [{ ...port("X", "FP32", [-1, width]), nullable: false }],
  outputs,
  packed: null,
  batched: true,
});

function port(name: string, datatype: Signature["outputs"][number]["datatype"], shape: readonly number[]) {
  return { name, datatype, shape };
}

interface DraftOptions {
  readonly classes?: PackagedModel["report"]["classes"];
  readonly unanswered?: readonly string[];
}

function draft(signature: Signature, table: Table | null, { classes = {}, unanswered = [] }: DraftOptions = {}) {
  const packaged = toPackaged(signature, classes);
  const names = Object.keys(table ?? {});
  const length = Math.max(0, ...names.map((name) => table![name]!.length));
  const rows = Array.from({ length }, (_, row) => names.map((name) => table![name]![row]));
  const sample = table === null ? null : { source: "data.csv", rows: length, columns: toColumnFacts(names, rows) };
  const match = matchColumns(signature, sample?.columns ?? []);
  const given = { name: "a", path: "m.onnx", packaged, sample, match, examples: null };
  const text = draftManifest({ ...given, unanswered: new Set(unanswered) });
  const manifest = parseManifestText(text);
  return { text, match, manifest, model: manifest.model!, merged: readSignature(packaged, manifest) };
}

describe("the columns of a matrix", () => {
  const table = {
    id: ["a", "b", "c"],
    height: [1.5, 2.25, 9.1],
    count: [1, 2, 3],
    seen: [0.5, null, 0.25],
    kind: ["x", "y", "x"],
  };

  test("are called as in the data, in its order, with ranges and missing values", () => {
    const { model, text, match } = draft(matrix(3), table);
    expect(model.inputs).toEqual({
      height: { type: "float32", range: [1.5, 9.5] },
      count: { type: "float32", range: [1, 3] },
      seen: { type: "float32", range: [0.25, 0.5], nullable: true },
    });
    expect(Object.keys(model.inputs!)).toEqual(["height", "count", "seen"]);
    expect(text).toContain("#   key: id #");
    expect(match).toMatchObject({ label: { name: "kind" }, key: { name: "id" }, remarks: [] });
    expect(text).toMatch(/guess\. Check that the model was trained on them in this order/);
  });

  test("take no null where the model was seen to answer none", () => {
    const { model, text } = draft(matrix(3), table, { unanswered: ["seen"] });
    expect(model.inputs!["seen"]).toEqual({ type: "float32", range: [0.25, 0.5] });
    expect(text).toContain("1 missing in the sample, but the model answers NaN to them: fill them in first");
  });

  test.each([
    ["a key", { row_id: [1, 2, 3], a: [1, 2, 3], b: [3, 4, 5] }, /"row_id" was left out: it looks like a key/],
    ["a label", { a: [1, 2, 3], target: [0, 1, 0], b: [3, 4, 5] }, /"target" was left out: it looks like the label/],
    ["the last one", { a: [1, 2, 3], b: [3, 4, 5], c: [1, 1, 0] }, /"c" was left out: one column was too many/],
  ])("%s goes where one is too many, and that is said", (_, columns, said) => {
    const { model, text } = draft(matrix(2), columns);
    expect(Object.keys(model.inputs!)).toEqual(["a", "b"]);
    expect(text).toMatch(said);
  });

  test("are left to the author where their number does not fit", () => {
    const { model, text } = draft(matrix(7), table);
    expect(model.inputs).toBeUndefined();
    expect(text).toContain('The file takes a matrix "X" of 7 columns, and the data has 3 columns of numbers');
    expect(draft(matrix(7), null).model.inputs).toBeUndefined();
  });

  test("bare numbers get names that keep their place", () => {
    expect(Object.keys(draft(matrix(2), { 1: [1, 2], 0: [3, 4] }).model.inputs!)).toEqual(["column_0", "column_1"]);
  });
});

describe("named inputs", () => {
  const signature: Signature = {
    inputs: [
      { ...port("Origin", "BYTES", [-1, 1]), nullable: false },
      { ...port("hour", "INT64", [-1, 1]), nullable: false },
      { ...port("late_share", "FP32", [-1, 1]), nullable: false },
    ],
    outputs: [port("label", "INT64", [-1]), port("p", "FP32", [-1, 2])],
    packed: null,
    batched: true,
  };
  const table = {
    flight_id: ["f1", "f2", "f3"],
    origin: ["ATL", "JFK", "ATL"],
    hour: [0, 23, null],
    "late share": [0.5, null, 0.1],
    carrier: [1, 2, 3],
    late: ["yes", "no", "no"],
  };

  test("are found by name, also where it is written otherwise", () => {
    const { model, text, match } = draft(signature, table);
    expect(model.inputs).toEqual({
      Origin: "string",
      hour: { type: "int64", range: [0, 25] },
      late_share: { type: "float32", range: [0.1, 0.5], nullable: true },
    });
    expect(match.others.map(({ name }) => name)).toEqual(["flight_id", "carrier", "late"]);
    expect(text).toContain("1 missing in the sample, but this type takes no null");
    expect(text).toContain('calls the input "Origin" "origin"');
    expect(text).toContain("2 different texts in the sample");
    // What stands in the data stays there.
    expect(text).not.toMatch(/ATL|JFK/);
  });

  test("classes come from the label, sorted, where as many fit", () => {
    const { model, text } = draft(signature, table);
    expect(model.outputs).toEqual({ label: { classes: ["no", "yes"] }, p: { classes: ["no", "yes"] } });
    expect(text).toMatch(/a guess: the values of late, sorted as scikit-learn sorts them/);
    expect(draft(signature, { late: ["a", "b", "c", "a"] }).model.outputs).toEqual({
      label: { classes: ["a", "b", "c"] },
    });
    expect(draft(signature, { late: [0, 1, 0, 1] }).model.outputs).toEqual({ p: { classes: ["0", "1"] } });
  });

  test("the file's own classes go before the label's", () => {
    expect(draft(signature, table, { classes: { p: ["on", "off"] } }).model.outputs!["p"]).toEqual({
      classes: ["on", "off"],
    });
  });

  test("a sample with the outputs is offered as examples", () => {
    const { text } = draft(signature, { Origin: ["a"], hour: [1], late_share: [0.5], label: [0], p: [[0.1, 0.9]] });
    expect(text).toContain("# examples: data.csv");
  });
});

test("ranges are rounded outward, and a range of one value is none", () => {
  const rounded = [
    [4.3, 7.9],
    [0, 23],
    [31, 4962],
    [-0.3, 0.3],
    [0, 1],
    [1e-9, 3e-9],
  ].map((range) => roundOutward(range as [number, number]));
  expect(rounded).toEqual([
    [4, 8],
    [0, 25],
    [0, 5000],
    [-0.3, 0.3],
    [0, 1],
    [1e-9, 3e-9],
  ]);
  expect(roundOutward([2, 2])).toBeNull();
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const range = roundOutward([low, high]);
        if (range === null) return;
        expect(range[0]).toBeLessThanOrEqual(low);
        expect(range[1]).toBeGreaterThanOrEqual(high);
        expect(range[1] - range[0]).toBeLessThanOrEqual((high - low) * 2.0001);
      },
    ),
  );
});

test("whatever the data is called, the draft is a manifest that fits its file", () => {
  const value = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(null, { a: [1] }, "long".repeat(300)),
  );
  const name = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.string({ minLength: 1, unit: "binary" }),
    fc.constantFrom("no", "1", "#", "a: b", "- a", "{", "id", "y", "X", "__proto__\u2028"),
  );
  const table = fc.dictionary(name, fc.array(value, { minLength: 1, maxLength: 5 }), { maxKeys: 6 });
  const outputs = [port("y", "FP32", [-1, 2]), port("z: #", "INT64", [-1])];
  const plain = fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).map((names): Signature => ({
    inputs: names.map((each, i) => ({
      ...port(each, (["FP32", "INT64", "BYTES", "BOOL"] as const)[i % 4]!, [-1, 1]),
      nullable: false,
    })),
    outputs,
    packed: null,
    batched: true,
  }));
  const signature = fc.oneof(
    fc.constantFrom(1, 2, 3, -1).map((width) => matrix(width, outputs)),
    plain,
  );
  fc.assert(
    fc.property(signature, fc.option(table), (given, data) => {
      const { merged, match } = draft(given, data);
      if (match.matrix !== null && match.inputs.length > 0)
        expect(merged.inputs.map((input) => input.name)).toEqual(match.inputs.map((input) => input.name));
    }),
    { numRuns: 150 },
  );
});
