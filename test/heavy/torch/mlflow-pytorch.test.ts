import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { findMlflow3, useTrackingServer } from "../../interop/mlflow/tracking-server.ts";
import { runChecks } from "../../interop/python-checks.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";

const torch = await findPythonEnvironment(join(root, "test/heavy/torch/requirements.txt"));
const mlflow = await findMlflow3();
const what = "a Python 3.11 with the packages of test/heavy/torch/requirements.txt, and MLflow";

describe.skipIf(!needs(what, torch !== null && mlflow !== null, { inCi: "optional" }))("mlflow.pytorch", () => {
  const server = useTrackingServer(mlflow);

  test("models are logged and loaded again", { timeout: 300_000 }, async () => {
    const lib = join(mlflow!, "../lib");
    const packages = join(
      lib,
      readdirSync(lib).find((name) => name.startsWith("python"))!,
      "site-packages",
    );
    const said = await runChecks(torch!, "../heavy/torch/log-pytorch.py", [server.url, packages]);
    expect([...said]).toEqual([
      ["torch_is_here", null],
      ["pytorch", null],
    ]);
  });
});
