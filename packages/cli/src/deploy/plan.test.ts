import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { hashFile } from "./hash.ts";
import { defaultName } from "./default-name.ts";
import { addMissing, planDeploy } from "./plan.ts";

let root = "";

async function write(path: string, text = "x"): Promise<string> {
  const absolute = join(root, path);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFile(absolute, text);
  return absolute;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("planDeploy", () => {
  test("a bare file: its name, and the data files beside it", async () => {
    const path = await write("bare/Flight Delay.onnx");
    await write("bare/Flight Delay.onnx.data", "1234");
    await write("bare/Flight Delay.onnx.bak");
    await write("bare/other.onnx");
    const plan = await planDeploy(path, undefined);
    expect(plan.name).toBe("flight-delay");
    expect(plan.entry).toBe("Flight Delay.onnx");
    expect(plan.files.map((file) => [file.path, file.size])).toEqual([
      ["Flight Delay.onnx", 1],
      ["Flight Delay.onnx.data", 4],
    ]);
    expect((await planDeploy(path, "mine")).name).toBe("mine");
  });

  test("a folder: manifest as JSON, model.path below it", async () => {
    await write("folder/models/m.onnx");
    await write("folder/models/m.onnx_data");
    await write("folder/slipway.yaml", "slipway: 1\nname: flights\nmodel: {path: ./models/m.onnx}\n");
    for (const path of ["folder", "folder/slipway.yaml"]) {
      const plan = await planDeploy(join(root, path), undefined);
      expect(plan.name).toBe("flights");
      expect(plan.manifest).toEqual({ slipway: 1, name: "flights", model: { path: "./models/m.onnx" } });
      expect(plan.entry).toBe("models/m.onnx");
      expect(plan.files.map((file) => file.path)).toEqual(["models/m.onnx", "models/m.onnx_data"]);
    }
  });

  test("what somebody may have meant is said", async () => {
    await write("run/model/MLmodel", "flavors: {}");
    await write("run/meta.yaml");
    await expect(planDeploy(join(root, "run"), undefined)).rejects.toThrow(`Did you mean ${join(root, "run/model")}?`);
    const file = await write("beside/model.py");
    expect((await planDeploy(file, undefined)).hint).toBe(undefined);
    await write("beside/slipway.yaml", "slipway: 1\nname: a\nmodel: {path: model.py}\n");
    expect((await planDeploy(file, undefined)).hint).toContain("slipway.yaml beside model.py is not read");
    expect((await planDeploy(join(root, "beside"), undefined)).hint).toBe(undefined);
  });

  test("a model of Python: with its requirements and sample, or the whole folder, but for what is hidden", async () => {
    const paths = async (path: string) => {
      const { entry, files } = await planDeploy(join(root, path), undefined);
      return [entry, ...files.map((file) => file.path).filter((file) => file !== entry)];
    };
    for (const file of ["f.joblib", "requirements.txt", "training/sample.parquet", "other.csv"])
      await write(`py/${file}`);
    expect(await paths("py/f.joblib")).toEqual(["f.joblib", "requirements.txt", "training/sample.parquet"]);
    expect(await paths("py")).toEqual(["f.joblib", "requirements.txt", "training/sample.parquet"]);
    await write("py/slipway.yaml", "slipway: 1\nname: f\nmodel: {path: f.joblib}\n");
    await write("py/.env");
    await write("py/__pycache__/a.pyc");
    expect(await paths("py")).toEqual(["f.joblib", "other.csv", "requirements.txt", "training/sample.parquet"]);
    for (const file of ["MLmodel", "model.pkl", "code/own.py"]) await write(`mlflow/${file}`);
    expect(await paths("mlflow")).toEqual(["MLmodel", "code/own.py", "model.pkl"]);
    expect(await paths("mlflow/MLmodel")).toEqual(["MLmodel", "code/own.py", "model.pkl"]);
    for (const file of ["config.json", "model.safetensors"]) await write(`hub/${file}`);
    expect(await paths("hub")).toEqual(["config.json", "model.safetensors"]);
    await symlink("/etc/hostname", join(root, "hub/vocab.txt"));
    await expect(paths("hub")).rejects.toThrow(/vocab\.txt is a link/);
  });

  test("the URL of a model is a file that says where it is", async () => {
    const plan = await planDeploy("http://triton:8000/ml/v2/models/Big%20Net/versions/2", undefined);
    expect([plan.name, plan.entry, plan.files.length]).toEqual(["big-net", "model.remote.json", 1]);
    const said = JSON.parse(await readFile(plan.files[0]!.absolute, "utf8"));
    expect(said).toEqual({ url: "http://triton:8000/ml", model: "Big Net", version: "2" });
    await expect(planDeploy("http://triton:8000/", undefined)).rejects.toThrow("/v2/models/NAME");
  });

  test("what is wrong is named", async () => {
    await write("empty/x.txt");
    await write("broken/slipway.yaml", "name: a\nmodel: {path: [\n");
    await write("gone/slipway.yaml", "name: a\nmodel: {path: m.onnx}\n");
    await write("outside/slipway.yaml", "name: a\nmodel: {path: ../bare/other.onnx}\n");
    const plan = (path: string) => planDeploy(join(root, path), undefined);
    await expect(plan("nothing")).rejects.toThrow(UsageError);
    await expect(plan("empty")).rejects.toThrow("has no slipway.yaml");
    await expect(plan("broken")).rejects.toMatchObject({ code: "invalid_manifest" });
    await expect(plan("broken")).rejects.toThrow(/slipway\.yaml:[23]:\d+: \w/);
    await expect(plan("gone")).rejects.toThrow("There is no file");
    await expect(plan("outside")).rejects.toThrow("leads out of the folder");
  });
});

describe("addMissing", () => {
  test("adds what lies beside the model, and nothing from elsewhere", async () => {
    await write("ext/sub/m.onnx");
    await write("ext/sub/weights");
    await write("ext/.secret");
    const outside = await write("secret");
    await symlink(outside, join(root, "ext/link"));
    await write("ext/slipway.yaml", "name: a\nmodel: {path: sub/m.onnx}\n");
    const plan = await planDeploy(join(root, "ext"), undefined);
    for (const name of ["sub/weights", "weights"])
      expect((await addMissing(plan, [name]))?.files.map((file) => file.path)).toEqual(["sub/m.onnx", "sub/weights"]);
    for (const name of ["../secret", "../../secret", ".secret", "link", outside, "nothing", "."])
      expect(await addMissing(plan, [name])).toBeNull();
    expect(await addMissing(plan, ["sub/m.onnx"])).toBeNull();
  });
});

test("defaultName", () => {
  expect(defaultName("/a/Flight Delay (v2).onnx")).toBe("flight-delay-v2");
  expect(defaultName("/a/Iris/model.onnx")).toBe("iris");
  expect(defaultName("/a/_x_.onnx")).toBe("x");
  expect(() => defaultName("/a/___.onnx")).toThrow(UsageError);
});

test("hashFile reads in pieces and tells how far", async () => {
  const path = await write("big", "a".repeat(3 << 20));
  const seen: number[] = [];
  const hash = await hashFile(path, (bytes) => seen.push(bytes));
  expect(hash).toBe("6f850bc94ae6f7de14297c01616c36d712d22864497b28a63b81d776b035e656");
  expect(seen).toEqual([1 << 20, 2 << 20, 3 << 20]);
});
