import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ModelVersion } from "@slipway/contract";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { needs } from "../lib/needs.ts";
import { findPythonEnvironment } from "../lib/python-environment.ts";
import { useServer } from "../lib/server.ts";

const frameworks = join(root, "test/interop/frameworks");
const bin = await findPythonEnvironment(join(frameworks, "requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("a forest", { timeout: 300_000 }, () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-forest-"));
  const rows = [
    { length: 0.1, width: -0.4, depth: 2, weight: 0, age: 3 },
    { length: -1.5, width: 0.25, depth: 0, weight: 1, age: 16_777_217 },
  ];
  const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 240_000 });
  const predict = async (name: string, records: readonly object[] = rows) =>
    (await fetchJson(`${server.url}/api/v1/endpoints/${name}/predict`, { json: records })).body;
  const version = async (name: string) =>
    (await fetchJson(`${server.url}/api/v1/models/${name}/versions/1`)).body as unknown as ModelVersion;

  beforeAll(async () => {
    await promisify(execFile)(join(bin!, "python"), [join(frameworks, "make-translatable.py"), folder, "forest"]);
    const packages = ["scikit-learn==1.9.1", "numpy==2.4.6", "pandas==2.3.3"];
    writeFileSync(join(folder, "forest", "requirements.txt"), packages.map((each) => `${each}\n`).join(""));
    cpSync(join(folder, "forest"), join(folder, "bare"), { recursive: true });
    rmSync(join(folder, "bare", "training"), { recursive: true });
    for (const name of ["forest", "bare"])
      writeFileSync(
        join(folder, name, "slipway.yaml"),
        stringify({ slipway: 1, name, model: { path: "model.joblib" } }),
      );
  }, 120_000);

  test("with a sample is served as ONNX, which says how it was proven, and answers as Python does", async () => {
    const done = await cli("deploy", join(folder, "forest"));
    expect(done.stderr).toMatch(/proving the translation/);
    expect(done.stdout).toMatch(/placement (?:thread|worker)/);
    expect(done.stdout).toMatch(
      /ONNX serves it: A translation to ONNX answers as the original on \d+ rows \(1200 it was/,
    );
    expect(done.code).toBe(0);
    const { program, flavor, files } = await version("forest");
    expect(program).toMatchObject({ kind: "onnx", original: { kind: "python" }, translation: { outcome: "proven" } });
    expect(flavor).toBe("sklearn");
    expect(files.map(({ path }) => path)).toContain(".slipway-translated.onnx");
    const shown = (await cli("show", "forest@1")).stdout;
    expect(shown).toMatch(
      /runtime +ONNX, translated from Python \(sklearn\)\n +proven on \d+ rows\n +worst difference: /,
    );
    expect(shown).toMatch(/gain: a row in [\d.]+ instead of [\d.]+ ms/);

    const python = await cli("deploy", join(folder, "forest"), "--name", "python", "--runtime", "python");
    expect(python.stdout).toMatch(/placement process/);
    expect((await version("python")).program).toMatchObject({ kind: "python", translation: { outcome: "off" } });
    const answer = (await predict("python"))["predictions"];
    expect((await predict("forest"))["predictions"]).toEqual(answer);
    for (const name of ["forest", "python"])
      expect(await predict(name, [{ ...rows[0], age: 1e39 }])).toHaveProperty("code");

    await server.restart();
    expect((await predict("forest"))["predictions"]).toEqual(answer);
  });

  test("without a sample is refused where ONNX was asked for", async () => {
    const refused = await cli("deploy", join(folder, "bare"), "--runtime", "onnx");
    expect(refused.stderr).toMatch(/model\.joblib cannot be served as ONNX: There is no training sample/);
    expect(refused.code).not.toBe(0);
    expect((await fetchJson(`${server.url}/api/v1/models/bare`)).status).toBe(404);
  });
});
