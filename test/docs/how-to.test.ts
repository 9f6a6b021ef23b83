import { chmodSync, copyFileSync, cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { protoFolder } from "../../tools/proto.ts";
import { smallModel } from "../lib/models.ts";
import { needs } from "../lib/needs.ts";
import { createOldMlflow } from "../lib/old-mlflow.ts";
import { follow } from "./follow.ts";
import { findPythonEnvironment } from "../lib/python-environment.ts";
import { canRun } from "./shell.ts";

const frameworks = await findPythonEnvironment(join(root, "test/interop/frameworks/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

/** Python as it is once a page's `pip install` is done. */
function installPython(folder: string): void {
  const python = join(folder, "../bin/python");
  const path = join(root, "python");
  writeFileSync(python, `#!/bin/sh\nPYTHONPATH='${path}' exec '${join(frameworks!, "python")}' -B "$@"\n`);
  chmodSync(python, 0o755);
}

describe.skipIf(!canRun)("what the how-to pages say works as written", { timeout: 180_000 }, () => {
  test("deploy a scikit-learn model", () =>
    // The committed file is what the page's train.py writes.
    follow("docs/how-to/deploy-an-sklearn-model.md", {
      prepare: ({ folder }) => copyFileSync(smallModel("iris-text-zipmap"), join(folder, "model.onnx")),
      skip: ({ code }) => /^(pip|python) /.test(code),
    }));

  test("deploy a model of Python", () => follow("docs/how-to/deploy-a-python-model.md"));

  test("Python environments", () => follow("docs/how-to/python-environments.md"));
  test("serve a model of another language", () => follow("docs/how-to/serve-another-language.md"));
  test("serve a model that runs elsewhere", () => follow("docs/how-to/serve-a-remote-model.md"));

  test("watch a model that is served elsewhere", () => follow("docs/how-to/watch-a-model-served-elsewhere.md"));

  test("prove parity", () =>
    follow("docs/how-to/prove-parity.md", { skip: ({ code }) => code.startsWith("examples =") }));
  // test/interop/record goes the same way.
  test.skipIf(process.env["MODE"] !== "all" || !needs(what, frameworks !== null, { inCi: "required" }))(
    "record a model where it was trained",
    () =>
      follow("docs/how-to/record-a-model.md", {
        prepare: ({ folder }) => installPython(folder),
        skip: ({ code }) => code.startsWith("pip "),
      }),
  );
  // An environment of its own; test/interop/mlflow/registry goes the same way.
  test.skipIf(process.env["MODE"] !== "all" || !needs(what, frameworks !== null, { inCi: "required" }))(
    "track with MLflow",
    { timeout: 600_000 },
    () => follow("docs/how-to/track-with-mlflow.md", { prepare: ({ folder }) => installPython(folder) }),
  );
  // A new interpreter with all of MLflow, four times.
  test.skipIf(process.env["MODE"] !== "all" || !needs(what, frameworks !== null, { inCi: "required" }))(
    "deploy an MLflow model",
    { timeout: 600_000 },
    () =>
      follow("docs/how-to/deploy-an-mlflow-model.md", {
        prepare: ({ folder }) => installPython(folder),
        skip: ({ code }) => code.startsWith("pip "),
      }),
  );
  test("start from a model file", () =>
    follow("docs/how-to/start-from-a-model-file.md", {
      prepare: ({ folder }) => copyFileSync(smallModel("iris-text-zipmap"), join(folder, "model.onnx")),
    }));
  test("leave", () => follow("docs/how-to/leave.md"));
  test("erase personal data", () => follow("docs/how-to/erase-personal-data.md"));
  test("find predictions", () => follow("docs/how-to/find-predictions.md"));
  test("ask SQL about predictions", () => follow("docs/how-to/query-predictions.md"));
  test("attach labels", () => follow("docs/how-to/attach-labels.md"));
  test("compare two versions", () => follow("docs/how-to/compare-versions.md"));
  test("split traffic", () => follow("docs/how-to/split-traffic.md"));
  test("run an A/B test", () => follow("docs/how-to/run-an-ab-test.md"));
  test("release a version", () => follow("docs/how-to/release-a-version.md"));
  // Half a minute of windows; test/acceptance/drift and incidents watch the same.
  test.skipIf(process.env["MODE"] !== "all")("watch a model", () => follow("docs/how-to/watch-a-model.md"));
  test("get told", () => follow("docs/how-to/get-told.md"));
  test("use the Open Inference Protocol", () => follow("docs/how-to/use-the-open-inference-protocol.md"));
  test("use gRPC", () =>
    follow("docs/how-to/use-grpc.md", {
      // The packages that the page installs.
      prepare: ({ folder }) => {
        symlinkSync(join(root, "node_modules/@grpc"), join(folder, "node_modules/@grpc"));
        cpSync(protoFolder, join(folder, "node_modules/slipway/proto"), { recursive: true });
      },
      skip: ({ code }) => /^(npm|pip) /.test(code),
    }));
  test("use the MLflow scoring protocol", () => follow("docs/how-to/use-the-mlflow-scoring-protocol.md"));
  test("use KServe V1", () => follow("docs/how-to/use-kserve-v1.md"));
  test("deploy from CI", () => follow("docs/how-to/ci.md"));
  test("replay predictions", () => follow("docs/how-to/replay-predictions.md"));
  test("import from MLflow", () =>
    follow("docs/how-to/import-from-mlflow.md", {
      prepare: ({ folder }) => {
        const old = createOldMlflow(folder);
        old.addRun("a".repeat(32), { artifacts: { "model/MLmodel": "flavors: {}\n" } });
        old.db.close();
      },
    }));
  test("free disk space", () => follow("docs/how-to/free-disk-space.md"));
  test("back up and restore", () => follow("docs/how-to/back-up-and-restore.md"));
  test("run in production", () =>
    // What installs something, or is for another machine.
    follow("docs/how-to/run-in-production.md", { skip: ({ code }) => /^(npm|docker|systemctl) /.test(code) }));
  // Half a minute of load; test/acceptance/loadtest has its promises.
  test.skipIf(process.env["MODE"] !== "all")("put load on an endpoint", () => follow("docs/how-to/load-test.md"));
  test("use a GPU", () => follow("docs/how-to/use-a-gpu.md"));
  test("trace with OpenTelemetry", () => follow("docs/how-to/trace-with-opentelemetry.md"));
});
