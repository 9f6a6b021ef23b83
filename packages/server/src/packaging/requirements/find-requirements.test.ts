import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRequirementsFinder, type FindRequirementsRequest } from "./find-requirements.ts";

const scanner = fileURLToPath(new URL("../../../../../python/slipway/scan_file.py", import.meta.url));
const python = findPython();
const find = createRequirementsFinder({ environments: { anyPython: async () => python! }, scanner });
let folder = "";

function findPython(): string | null {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-requirements-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function files(content: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const ask = (more: Partial<FindRequirementsRequest> = {}) =>
  find({ folder, entry: "model.joblib", flavor: "sklearn", environment: null, ...more });

describe("what is written", () => {
  test("slipway.yaml comes first, as a list or as the name of a file", async () => {
    files({ "requirements.txt": "numpy==1.0\n", "wanted.txt": "pandas==2.2.3\nscipy>=1.10\n" });
    expect(await ask({ environment: { python: "3.11", requirements: ["scikit-learn==1.5.2"] } })).toMatchObject({
      requirements: ["scikit-learn==1.5.2", "numpy"],
      python: "3.11",
      source: "slipway.yaml",
    });
    const named = await ask({ environment: { requirements: "wanted.txt" } });
    expect(named).toMatchObject({ requirements: ["pandas==2.2.3", "scipy>=1.10", "numpy"], source: "wanted.txt" });
    expect(named.notes.join(" ")).toContain("which version: scipy>=1.10");
  });

  test("an MLflow folder says Python and packages, in any of its forms", async () => {
    files({
      "m/MLmodel": "flavors:\n  python_function:\n    python_version: 3.9.18\n",
      "m/python_env.yaml": "python: 3.11.7\nbuild_dependencies: [pip==23]\ndependencies:\n- -r requirements.txt\n",
      "m/requirements.txt": "mlflow==2.9.2 # of MLflow\nnumpy==1.26.4\n-c constraints.txt\n",
      "m/constraints.txt": "scipy==1.11.4\n",
    });
    const request = { entry: "m/MLmodel", flavor: "mlflow" };
    expect(await ask(request)).toMatchObject({
      requirements: ["mlflow==2.9.2", "numpy==1.26.4"],
      constraints: ["scipy==1.11.4"],
      python: "3.11.7",
      source: "m/python_env.yaml",
    });
    rmSync(join(folder, "m/python_env.yaml"));
    expect(await ask(request)).toMatchObject({ python: "3.9.18", source: "m/requirements.txt" });
    rmSync(join(folder, "m/requirements.txt"));
    files({
      "m/conda.yaml":
        "dependencies:\n- python=3.10\n- libgomp\n- pip<=23\n- pip:\n  - mlflow==2.9.2\n  - -c constraints.txt\n",
    });
    const conda = await ask(request);
    expect(conda).toMatchObject({ requirements: ["mlflow==2.9.2", "numpy"], python: "3.10", source: "m/conda.yaml" });
    expect(conda.constraints).toEqual(["scipy==1.11.4"]);
    expect(conda.notes.join(" ")).toContain("not installed: libgomp");
  });

  test("an MLflow folder without either needs at least MLflow, and what its flavors say", async () => {
    files({
      MLmodel:
        "flavors:\n  sklearn: {sklearn_version: 1.5.2}\n  python_function: {cloudpickle_version: 3.1.2}\nmlflow_version: 2.9.2\n",
    });
    const found = await ask({ entry: "MLmodel", flavor: "mlflow" });
    expect(found.requirements).toEqual(["mlflow==2.9.2", "scikit-learn==1.5.2", "cloudpickle==3.1.2"]);
    expect(found.notes[0]).toContain("mlflow==2.9.2, scikit-learn==1.5.2");
    files({ MLmodel: "flavors: {}\nmlflow_version: '; rm -rf'\n" });
    expect((await ask({ entry: "MLmodel", flavor: "mlflow" })).requirements).toEqual(["mlflow"]);
  });

  test("3.10 in YAML is not 3.1", async () => {
    files({ "python_env.yaml": "python: 3.10\ndependencies: [numpy==1.26.4]\n" });
    expect((await ask()).python).toBe("3.10");
  });

  test("a wheel in the folder is taken, relative to where it is named", async () => {
    files({
      "sub/requirements.txt": "./wheels/ours-1.0-py3-none-any.whl\n--extra-index-url https://u:p@x.example/simple\n",
    });
    const found = await ask({ entry: "sub/model.joblib" });
    expect(found.requirements).toEqual(["./sub/wheels/ours-1.0-py3-none-any.whl", "numpy"]);
    expect(found.notes.join(" ")).toContain("extra_index_url");
    expect(JSON.stringify(found)).not.toContain("u:p");
  });

  test.each([
    ["-e .", "editable checkout"],
    ["git+https://me:secret@example.org/x.git", "checkout of a repository"],
    ["ours @ git+ssh://git@example.org/x.git", "checkout of a repository"],
    ["https://me:secret@example.org/x-1.0-py3-none-any.whl", "names an address"],
    ["../other/x-1.0-py3-none-any.whl", "not below the model's folder"],
    ["-r ../other.txt", "not below the model's folder"],
    ["-r absent.txt", "absent.txt is not among the files"],
    ["./ours", "names a folder"],
    ["--frobnicate", "has the option"],
  ])("%s is refused", async (line, said) => {
    files({ "requirements.txt": `numpy\n${line}\n` });
    const refused = await ask().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "invalid_model", message: expect.stringContaining(said) });
    expect((refused as Error).message).not.toContain("secret");
  });

  test("YAML that is none is named", async () => {
    files({ "python_env.yaml": "a: [\n" });
    await expect(ask()).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringContaining("python_env.yaml"),
    });
  });
});

describe.skipIf(python === null)("what is inferred", () => {
  const run = (program: string) => execFileSync(python!, ["-c", program], { cwd: folder });

  test("a pickle says which scikit-learn made it, and nothing that it names is called", async () => {
    run(`
import pickle, sys, types
for name in ("sklearn", "sklearn.linear_model", "numpy", "numpy.core", "numpy.core.multiarray", "cv2"):
    sys.modules[name] = types.ModuleType(name)
def kind(module, name):
    made = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, made)
    return made
model = kind("sklearn.linear_model", "Ridge")()
model.__dict__.update(_sklearn_version="1.2.2", feature_names_in_=["a"], image=kind("cv2", "Image")(),
    array=kind("numpy.core.multiarray", "scalar")(), big=b"x" * 100000)
class Evil:
    def __reduce__(self):
        return (open, ("called", "w"))
with open("model.joblib", "wb") as file:
    pickle.dump([Evil(), model], file)
`);
    const found = await ask();
    expect(found.requirements).toEqual(["joblib", "numpy", "opencv-python-headless", "pandas", "scikit-learn==1.2.2"]);
    expect(found).toMatchObject({ constraints: ["numpy<2"], python: null, source: "inferred from model.joblib" });
    expect(found.notes[0]).toContain("scikit-learn==1.2.2");
    expect(() => execFileSync("ls", [join(folder, "called")], { stdio: "ignore" })).toThrow();
  });

  test("a file that is no pickle says so and is no reason to fail", async () => {
    files({ "model.joblib": "not a pickle" });
    const found = await ask();
    expect(found.requirements).toEqual(["joblib", "numpy", "scikit-learn"]);
    expect(found.notes.join(" ")).toContain("not everything could be looked at");
  });

  test("a Python file is taken by its imports, with those of the files beside it", async () => {
    files({
      "model.py": "import os, json\nfrom helper import f\nimport yaml\ndef load(): pass\n",
      "helper.py": "import pandas as pd\nfrom sklearn.linear_model import Ridge\n",
    });
    const found = await ask({ entry: "model.py", flavor: "python" });
    expect(found.requirements).toEqual(["numpy", "pandas", "pyyaml", "scikit-learn"]);
  });

  test("XGBoost writes its version at the end of its files", async () => {
    files({ "model.json": `{"learner":{"x":"${"y".repeat(3_000_000)}"},"version":[2,1,4]}` });
    expect((await ask({ entry: "model.json", flavor: "xgboost" })).requirements).toEqual(["numpy", "xgboost==2.1.4"]);
    const ubj = Buffer.concat([
      Buffer.from(`{L${"\0".repeat(7)}\u0007version[#L${"\0".repeat(7)}\u0003`),
      ...[1, 7, 6].map((number) => Buffer.from([0x69, number])),
      Buffer.from("}"),
    ]);
    writeFileSync(join(folder, "model.ubj"), ubj);
    expect((await ask({ entry: "model.ubj", flavor: "xgboost" })).requirements).toEqual(["numpy", "xgboost==1.7.6"]);
  });
});
