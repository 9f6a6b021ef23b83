import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";

const columns = ["a", "b", "c", "d"];
const kept = (flavor: string, inputs: readonly string[], outputs: readonly string[]) => ({
  flavor,
  inputs,
  outputs,
  verified: true,
});

/** By the folder of the requirements. */
const frameworks: readonly (readonly [folder: string, framework: string, cases: Readonly<Record<string, object>>])[] = [
  [
    "torch",
    "torch",
    {
      torch_matrix: kept("torch", ["X"], ["output"]),
      torch_columns: kept("torch", columns, ["output"]),
      torch_image: kept("torch", ["X"], ["output"]),
      torch_tokens: kept("torch", ["X"], ["output"]),
    },
  ],
  [
    "catboost",
    "catboost",
    {
      catboost_numbers: kept("catboost", ["x0", "x1", "x2", "x3"], ["prediction"]),
      catboost_texts: kept("catboost", [...columns, "kind"], ["label", "probabilities"]),
    },
  ],
  [
    "tensorflow",
    "keras",
    { keras_matrix: kept("keras", ["x"], ["output"]), keras_columns: kept("keras", columns, ["output"]) },
  ],
];

describe.each(frameworks)("slipway.record in the environment of %s", (folder, framework, cases) => {
  test("keeps the model in its own format, and a new process answers alike", { timeout: 900_000 }, async (context) => {
    const requirements = join(root, "test/heavy", folder, "requirements.txt");
    const bin = await findPythonEnvironment(requirements);
    if (!needs(`a Python 3.11 with the packages of ${requirements}`, bin !== null, { inCi: "required" }))
      context.skip();
    const target = mkdtempSync(join(tmpdir(), "slipway-record-heavy-"));
    onTestFinished(() => rmSync(target, { recursive: true, force: true }));
    const script = join(root, "test/heavy/record/cases.py");
    const { stdout } = await promisify(execFile)(join(bin!, "python"), ["-B", script, framework, target], {
      timeout: 600_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toEqual(cases);
  });
});
