import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import type { DescribedModel, ModelLine, Signature } from "../../../packages/runtime/src/index.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { describePython, program, sayInputs, sayOutputs, toRows, toSignature, toTensors } from "./ask-model.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/frameworks/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("a plain Python file", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-python-file-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;

  async function open(text: string, onLine?: (line: ModelLine) => void): Promise<DescribedModel> {
    const path = `model-${files++}.py`;
    writeFileSync(join(folder, path), text);
    const model = await describePython({ bin: bin!, folder, flavor: "python", path, ...(onLine && { onLine }) });
    onTestFinished(() => model.close());
    return model;
  }

  const signature: Signature = {
    inputs: [{ name: "x", datatype: "FP64", shape: [-1], nullable: true }],
    outputs: [],
    packed: null,
    batched: true,
  };

  /** Opens it and asks it about a column x. */
  async function serve(text: string, onLine?: (line: ModelLine) => void) {
    const replica = await (await open(text, onLine)).open(signature);
    return async (x: readonly unknown[]) => {
      const answers = await replica.run(toTensors(signature, { x }));
      return Object.fromEntries(answers.map((answer) => [answer.name, toRows(answer)]));
    };
  }

  test("what it declares, it gets as a DataFrame, and what it answers is named and typed", async () => {
    const model = await open(`
import pandas as pd
inputs = {
    "at": {"type": "datetime", "nullable": True},
    "age": "int32",
    "origin": {"type": "string", "nullable": True},
    "kind": {"type": "string", "categories": ["a", "b"]},
}
outputs = {"year": "float64", "text": "string", "code": "int64", "many": "string"}
example = {"at": ["2026-03-01"], "age": [3], "origin": ["x"], "kind": ["a"]}

def load():
    return {"suffix": "!"}

def predict(model, data):
    assert [str(kind) for kind in data.dtypes] == ["datetime64[ns]", "int32", "object", "category"], data.dtypes
    return {
        "year": data["at"].dt.year,
        "text": data["origin"].fillna("none") + model["suffix"],
        "code": data["kind"].cat.codes.astype("int64"),
        "many": [[1, {"deep": age}] for age in data["age"].tolist()],
        "unasked": data["age"],
    }
`);
    expect(sayInputs(model.report)).toBe(
      'at BYTES or null date-time, age INT32, origin BYTES or null, kind BYTES of "a", "b"',
    );
    expect(sayOutputs(model.report)).toBe("year FP64, text BYTES, code INT64, many BYTES");
    expect(model.report.example).toEqual({ inputs: { at: ["2026-03-01"], age: [3], origin: ["x"], kind: ["a"] } });
    const declared = { ...toSignature(model.report), outputs: model.report.outputs as Signature["outputs"] };
    const replica = await model.open(declared);
    const answers = await replica.run(
      toTensors(declared, {
        at: ["2026-03-01T12:00:00Z", "1999-12-31T23:00:00-02:00", null, "2026-01-01T00:30:00+01:00"],
        age: [1, 2, 3, 4],
        origin: ["ä", null, "", "x"],
        kind: ["b", "unheard of", "a", "a"],
      }),
    );
    expect(answers.map((answer) => [answer.name, toRows(answer)])).toEqual([
      ["year", [2026, 2000, null, 2025]],
      ["text", ["ä!", "none!", "!", "x!"]],
      ["code", [1, -1, 0, 0]],
      ["many", ['[1, {"deep": 1}]', '[1, {"deep": 2}]', '[1, {"deep": 3}]', '[1, {"deep": 4}]']],
    ]);
    // numpy would make 2084 of it.
    const old = toTensors(declared, { at: ["1500-01-01"], age: [1], origin: ["x"], kind: ["a"] });
    await expect(replica.run(old)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/^Input "at" holds 1500-01-01, .* between 1678 and 2261/),
    });
  });

  test("whatever it prints is a line of its log, and no part of its answers", async () => {
    const lines: string[] = [];
    const ask = await serve(
      `
import logging, os, sys, warnings
print("imported")
def predict(data):
    print("printed")
    os.write(1, b"written\\n")
    os.system("echo from a child")
    logging.getLogger("mine").info("logged")
    warnings.warn("warned")
    return data["x"] + 1
`,
      ({ text }) => lines.push(text),
    );
    expect(await ask([1, 2])).toEqual({ prediction: [2, 3] });
    const said = ["imported", "printed", "written", "from a child", "INFO mine: logged", "WARNING UserWarning: warned"];
    await expect.poll(() => lines.toSorted()).toEqual(said.toSorted());
  });

  test("it may keep what it was given; runs of megabytes go through whole, and several at once in their order", async () => {
    const ask = await serve(`
history = []
def predict(data):
    history.append(data)
    return {"twice": data["x"] * 2, "sum": [sum(float(one["x"].sum()) for one in history)] * len(data)}
`);
    const small = await Promise.all([1, 10, 100].map((x) => ask([x])));
    expect(small).toEqual([
      { twice: [2], sum: [1] },
      { twice: [20], sum: [11] },
      { twice: [200], sum: [111] },
    ]);
    const [big, after] = await Promise.all([ask(Array.from({ length: 600_000 }, (_, row) => row / 8)), ask([1])]);
    expect(big["twice"]!.every((value, row) => value === row / 4)).toBe(true);
    expect(after["twice"]).toEqual([2]);
  });

  test.each([
    [
      "raises",
      `raise ValueError("no " + __file__)`,
      /^model-\d+\.py could not be loaded: ValueError: no model-\d+\.py\.$/,
    ],
    ["is no Python", "def predict(", /could not be loaded: SyntaxError: '\(' was never closed/],
    ["ends the process", "import sys; sys.exit(3)", /could not be loaded: SystemExit: 3/],
    ["has no predict", "x = 1", /has no function predict\(data\)/],
    ["declares a type that is none", `inputs = {"x": "float"}\ndef predict(data): pass`, /gives "x" the type 'float'/],
    ["needs a package", "import cv2", /needs the Python module "cv2".*"opencv-python-headless"/],
    [
      "needs a library of the system",
      `raise ImportError("libgomp.so.1: cannot open shared object file: No such file or directory")`,
      /needs the system library libgomp\.so\.1, .*apt-get install libgomp1/,
    ],
  ])("a file that %s does not open, and why is one sentence", async (_title, text, message) => {
    await expect(open(text)).rejects.toMatchObject({ code: "invalid_model", message: expect.stringMatching(message) });
  });

  test("a run that fails says why in a line, and the next one is answered", async () => {
    const lines: string[] = [];
    const ask = await serve(
      `
import sys
import numpy as np

def predict(data):
    x = float(data["x"].iloc[0])
    if x == 1: raise KeyError("/srv/models/secret.txt")
    if x == 2: return data["x"].head(1)
    if x == 3: return [object()] * len(data)
    if x == 4: sys.exit(9)
    if x == 5: raise ValueError("Input X contains NaN.\\nSome models take it.")
    if x == 6: return np.array([1j] * len(data))
    if x == 7: return 5
    return data["x"]
`,
      ({ text }) => lines.push(text),
    );
    for (const [x, code, message] of [
      [1, "model_failed", /^The model failed: KeyError: 'secret\.txt'\.$/],
      [2, "model_failed", /gave 1 row in its output "prediction" for 2 rows/],
      [3, "model_failed", /"prediction" holds objects of the type builtins\.object, which cannot be sent/],
      [4, "model_failed", /SystemExit: 9/],
      [5, "invalid_input", /^The model does not take these values: ValueError: Input X contains NaN\.$/],
      [6, "model_failed", /type complex128, which cannot be sent/],
      [7, "model_failed", /gave a single value/],
    ] as const)
      await expect(ask([x, x]), `x = ${x}`).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await ask([8, 9])).toEqual({ prediction: [8, 9] });
    await expect.poll(() => lines.join("\n")).toMatch(/Traceback[^]*File ".*model-\d+\.py", line 7, in predict/);
  });

  test("answers of every kind are sent as they are", async () => {
    const model = await open(`
import numpy as np, pandas as pd
def predict(data):
    return {
        "ints": [1, 2],
        "bools": [True, False],
        "texts": ["a", None],
        "holes": [1, None],
        "moments": pd.to_datetime(["2026-03-01T12:00:00", None]),
        "categories": pd.Series(["u", "v"], dtype="category"),
        "own integers": pd.array([3, None], dtype="Int64"),
        "big-endian": np.array([1.5, 2.5], ">f4"),
        "by column": np.arange(4, dtype="float32").reshape(2, 2).T,
    }
`);
    const replica = await model.open(signature);
    const answers = await replica.run(toTensors(signature, { x: [0, 0] }));
    expect(answers.map((answer) => [answer.name, answer.datatype, toRows(answer)])).toEqual([
      ["ints", "INT64", [1, 2]],
      ["bools", "BOOL", [true, false]],
      ["texts", "BYTES", ["a", null]],
      ["holes", "FP64", [1, null]],
      ["moments", "BYTES", ["2026-03-01T12:00:00.000000Z", null]],
      ["categories", "BYTES", ["u", "v"]],
      ["own integers", "FP64", [3, null]],
      ["big-endian", "FP32", [1.5, 2.5]],
      [
        "by column",
        "FP32",
        [
          [0, 2],
          [1, 3],
        ],
      ],
    ]);
  });

  test("an answer that its declared type does not hold is no answer", async () => {
    const model = await open(`
outputs = {"y": "int32"}
def predict(data): return data["x"] * 2
`);
    const declared = { ...signature, outputs: model.report.outputs as Signature["outputs"] };
    const replica = await model.open(declared);
    const [whole] = await replica.run(toTensors(declared, { x: [1.5, 2] }));
    expect([whole!.datatype, toRows(whole!)]).toEqual(["INT32", [3, 4]]);
    for (const x of [0.25, 2 ** 40, null])
      await expect(replica.run(toTensors(declared, { x: [x] }))).rejects.toMatchObject({
        code: "model_failed",
        message: expect.stringContaining('gave FP64 in its output "y", which is declared as INT32'),
      });
  });

  test.each([
    ["takes more memory than it may", "watch(os.getppid(), 64 * 2**20); kept = bytearray(200 * 2**20)", "it took"],
    ["has another parent than it should", "watch(1, None)", ""],
  ])("a process that %s ends itself", async (_title, script, said) => {
    const start = "import os, time; from slipway.process.watchdog import watch;";
    const running = promisify(execFile)(join(bin!, "python"), ["-s", "-c", `${start} ${script}; time.sleep(60)`], {
      env: { PYTHONPATH: program },
    });
    await expect(running).rejects.toMatchObject({ signal: "SIGKILL", stderr: expect.stringContaining(said) });
  });
});
