import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import {
  describePython,
  program,
  sayInputs,
  sayOutputs,
  toRows,
  toSignature,
  toTensors,
  type Columns,
} from "./ask-model.ts";

const here = join(root, "test/interop/frameworks");
const bin = await findPythonEnvironment(join(here, "requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

interface Case {
  readonly flavor: string;
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly ask: Columns;
  readonly expected: Columns;
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("models of the ordinary frameworks", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-frameworks-"));
  let cases: Readonly<Record<string, Case>>;

  beforeAll(async () => {
    await promisify(execFile)(join(bin!, "python"), [join(here, "make-models.py"), folder]);
    cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Record<string, Case>;
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const open = (name: string) => describePython({ bin: bin!, folder, ...cases[name]! });

  const numbers = (type: string, ...names: string[]) => names.map((name) => `${name} ${type} or null`).join(", ");
  const label = 'label INT64, probabilities FP64 [-1,3] of "0", "1", "2"';

  const saved =
    "The model was saved with scikit-learn 1.2.2 and runs with 1.9.1: its answers may differ. Require scikit-learn==1.2.2 to run it as it was trained.";
  const leftOut = expect.stringContaining('trained with "area", which the declared inputs leave out');

  test.each([
    [
      "a pipeline in joblib",
      "area FP64 or null, rooms FP64 or null, district BYTES or null, heating BYTES or null, lift BOOL",
      'label BYTES, probabilities FP64 [-1,2] of "cheap", "dear"',
    ],
    ["a forest in a pickle", numbers("FP64", "length", "width", "depth", "weight"), label],
    ["numbers without names, in skops", `${numbers("FP64", "x0", "x1", "x2", "x3")} in X`, "a run shows"],
    ["a classifier of XGBoost", numbers("FP32", "length", "width", "depth", "weight"), label],
    [
      "a booster of XGBoost with categories",
      `${numbers("FP32", "area", "rooms")}, district BYTES or null of "north", "old town", "south", "ss-Strasse"`,
      "prediction FP32",
    ],
    [
      "LightGBM with categories",
      `${numbers("FP64", "area", "rooms")}, district BYTES or null of "north", "old town", "south", "ß-Straße"`,
      "prediction FP64",
    ],
    [
      "MLflow's pyfunc of an own class",
      "at BYTES or null date-time, page BYTES or null, seconds FP64 or null, count INT64",
      "hour INT64, weekend BOOL, score FP64, page BYTES, twice INT64",
    ],
  ])(
    "%s: it says what it takes, and answers as the framework does, to the last bit",
    async (title, takes, gives) => {
      const model = await open(title);
      try {
        const { ask, expected, path } = cases[title]!;
        const { report } = model;
        expect([sayInputs(report), sayOutputs(report)]).toEqual([takes, gives]);
        expect(report.python).toMatch(/^3\.\d+\.\d+$/);
        expect(report.packages).toMatchObject({ numpy: "2.4.6" });
        expect(report.notes).toEqual(path === "forest.pkl" ? [saved] : []);
        const signature = toSignature(report);
        const replica = await model.open(signature);
        const answers = await replica.run(toTensors(signature, ask));
        expect(Object.fromEntries(answers.map((answer) => [answer.name, toRows(answer)]))).toEqual(expected);
        // What the server learned, or was told, is asked for by name and type.
        const outputs = answers.map(({ name: output, datatype, shape }) => ({
          name: output,
          datatype,
          shape: [-1, ...shape.slice(1)],
        }));
        if (report.outputs !== null)
          expect(outputs).toMatchObject(report.outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })));
        const last = outputs.slice(-1);
        if (path === "pipeline.joblib") {
          expect(report.packages).toMatchObject({ "scikit-learn": "1.9.1", pandas: "2.3.3" });
          const few = { ...signature, inputs: signature.inputs.slice(1) };
          await expect(model.open(few)).rejects.toMatchObject({ code: "invalid_model", message: leftOut });
        }
        // The order in which columns come is the caller's.
        const turned = report.matrix === null ? signature.inputs.toReversed() : signature.inputs;
        const other = { ...signature, inputs: turned, outputs: last };
        await model.open(other);
        const again = await replica.run(toTensors(other, ask));
        expect(again.map((answer) => [answer.name, toRows(answer)])).toEqual([
          [last[0]!.name, expected[last[0]!.name]],
        ]);
      } finally {
        await model.close();
      }
    },
    60_000,
  );

  test("estimators of many kinds answer as they do when they are asked directly, of many rows and of one", async () => {
    const script = join(here, "check-estimators.py");
    const one = Object.fromEntries(["OMP", "OPENBLAS"].map((name) => [`${name}_NUM_THREADS`, "1"]));
    const { stdout } = await promisify(execFile)(join(bin!, "python"), [script, program], {
      env: { ...process.env, ...one },
    });
    const differences = Object.entries(JSON.parse(stdout) as Record<string, string | null>);
    expect(differences.length).toBeGreaterThan(30);
    expect(differences.filter(([, difference]) => difference !== null)).toEqual([]);
  }, 60_000);

  test("types that skops does not trust are named", async () => {
    const { flavor, path } = cases["numbers without names, in skops"]!;
    await expect(describePython({ bin: bin!, folder, flavor, path })).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(/does not trust: sklearn\.tree\._tree\.Tree\. .* model\.options\.trusted/),
      details: { untrusted: ["sklearn.tree._tree.Tree"] },
    });
  });
});
