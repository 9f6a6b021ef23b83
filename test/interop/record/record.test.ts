import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseManifest } from "@slipway/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { root } from "../../../tools/layer-list.ts";
import { runCli } from "../../lib/cli.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/frameworks/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

interface Example {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What slipway.record said of one case of cases.py. */
interface Recorded {
  /** Why it refused; the rest is empty then. */
  readonly error: string | null;
  /** What lies where the folder would be. */
  readonly left: readonly string[];
  readonly shown: string;
  readonly files: readonly string[];
  readonly warnings: Readonly<Record<string, string>>;
  readonly manifest: string;
  readonly requirements: readonly string[];
  readonly examples: readonly Example[];
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("slipway.record", () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-record-test-"));
  let cases: Readonly<Record<string, Recorded>> = {};

  beforeAll(async () => {
    const script = join(root, "test/interop/record/cases.py");
    const { stdout } = await promisify(execFile)(join(bin!, "python"), [script, folder], {
      timeout: 240_000,
      maxBuffer: 16 * 1024 * 1024,
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PYTHONDONTWRITEBYTECODE: "1" },
    });
    cases = JSON.parse(stdout) as typeof cases;
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string): Recorded => {
    const found = cases[name]!;
    expect(found.error, name).toBeNull();
    return found;
  };
  const refused = (name: string): string => {
    const { error, left } = cases[name]!;
    expect(error, name).not.toBeNull();
    expect(left, "nothing of it is left").toEqual([]);
    return error!;
  };
  const manifestOf = (name: string) => parseManifest(parseYaml(read(name).manifest)).model!;

  describe("what it writes", () => {
    test.each([
      ["flights", "sklearn", "model.joblib", ["label", "probabilities"]],
      ["xgb", "xgboost", "model.ubj", ["label", "probabilities"]],
      ["lgb", "lightgbm", "model.txt", ["prediction"]],
      ["night", "python", "model.py", ["night", "name"]],
      ["words", "python", "model.py", ["label", "probabilities"]],
    ])("%s is kept as %s in %s", (name, flavor, path, outputs) => {
      const { files, examples, shown } = read(name);
      expect(manifestOf(name)).toMatchObject({ flavor, path, examples: "examples.json" });
      expect(files).toContain(path);
      expect(files.filter((file) => /cache|pyc/.test(file))).toEqual([]);
      expect(examples).toHaveLength(20);
      expect(Object.keys(examples[0]!.outputs)).toEqual(outputs);
      expect(shown).toContain(
        name === "words" ? "NOT tried in a new process" : "A new process answered all examples alike",
      );
      expect(shown).toMatch(/Next: slipway deploy \S+$/);
    });

    test("columns with their types, what may be missing, categories", () => {
      expect(manifestOf("flights").inputs).toEqual({
        origin: { type: "string", nullable: true },
        hour: "int64",
        share: { type: "float64", nullable: true },
        at: "datetime",
      });
      expect(manifestOf("xgb").inputs!["plane"]).toEqual({ type: "string", categories: ["jet", "prop"] });
      expect(manifestOf("words").inputs).toEqual({ text: "string" });
      expect(Object.keys(manifestOf("lgb").inputs!)).toEqual(["Column_0", "Column_1", "Column_2"]);
      expect(Object.keys(manifestOf("packaged").inputs!)).toEqual(["a", "b", "c"]);
    });

    test("ranges as a remark, and as a rule where that is asked for", () => {
      expect(read("flights").manifest).toMatch(/hour: int64 {2}# range: \[0, 23\] was seen/);
      const { inputs, training } = manifestOf("ranges");
      expect(Object.values(inputs!)).toEqual(
        ["x0", "x1", "x2"].map(() => ({ type: "float64", range: expect.any(Array) })),
      );
      expect(training).not.toHaveProperty("reference");
      expect(read("ranges").examples).toHaveLength(4);
    });

    test("examples with missing values and with the ends of a range", () => {
      const inputs = read("flights").examples.map((example) => example.inputs);
      expect(inputs.some(({ share }) => share === null)).toBe(true);
      expect(inputs.some(({ origin }) => origin === null)).toBe(true);
      expect(inputs.map(({ hour }) => hour)).toEqual(expect.arrayContaining([0, 23]));
      expect(inputs[0]!["at"]).toMatch(/^2026-03-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    test("the environment, exactly", () => {
      const { environment, training } = manifestOf("flights");
      expect(environment).toEqual({ python: "3.11", requirements: "requirements.txt" });
      expect(training).toMatchObject({ data: "made up", reference: "training/sample.parquet" });
      const { requirements } = read("flights");
      // tzdata is required by pandas and never imported.
      for (const name of ["scikit-learn", "scipy", "pandas", "tzdata"])
        expect(requirements).toContainEqual(expect.stringMatching(`^${name}==\\d`));
      expect(requirements.filter((line) => !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([]);
      expect(requirements.join()).not.toMatch(/mlflow|slipway|lightgbm|xgboost/);
      expect(Object.entries(training!.packages!).map(([name, version]) => `${name}==${version}`)).toEqual(requirements);
    });
  });

  describe("what a new process shows is refused, with what to do", () => {
    test.each([
      ["unpackaged", /it needs my_steps, a module of this project\. Pass include=\[my_numbers, my_steps\]/],
      ["variable", /KeyError: 'SLIPWAY_TEST_FACTOR'.*declare it with variables=/],
      ["elsewhere", /answers differently than here[^]*row +output +here +there\n\d+ +prediction +\d[^]*and 10 more/],
      ["neighbours", /a row by itself differently than among others.*a mean over them/],
      ["drawn", /asked twice.*random_state[^]*row +output/],
    ])("%s", (name, message) => expect(refused(name)).toMatch(message));
  });

  describe("what can be seen is a warning, with what to do", () => {
    test.each([
      ["drawn_unproved", "not_deterministic", /no server will give its examples.*random_state/],
      ["wavering", "not_deterministic", /by less than a server allows/],
      ["lambda", "kept_by_value", /steps\[0\]\[1\]\.func is a lambda.*cloudpickle keeps its code.*include=/],
      ["night", "kept_by_value", /The model needs night, defined in this notebook/],
      [
        "unpackaged_unproved",
        "local_module",
        /my_numbers and my_steps of this project.*include=\[my_numbers, my_steps\]/,
      ],
      ["path", "local_module", /needs my_numbers of this project, which is not packaged/],
      ["path", "absolute_path", /my_steps\.py names \/home\/somebody\/table\.csv.*include=\['table\.csv'\]/],
      ["turned", "column_order", /hour comes first there, late here/],
      ["few", "few_rows", /it has 1 row\. Pass more/],
      [
        "mine_edited",
        "not_from_index",
        /installed from a folder, for development.*look for mine_edited==1\.0.*wheelhouse/,
      ],
      ["mine_cloned", "not_from_index", /installed from https:\/\/example\.com\/x\.git at 0123456789ab/],
      ["mine_built", "no_wheel", /was built here, or by conda.*--only-binary :all: mine_built==1\.2/],
      ["mine_patched", "local_version", /a build of its own.*train with 1\.3\./],
      ["gpu", "gpu", /device='cuda:0'.*set_params\(device='cpu'\)/],
    ])("%s: %s", (name, code, message) => expect(read(name).warnings[code]).toMatch(message));

    test("and what is well has none", () => {
      for (const name of ["flights", "xgb", "lgb", "words", "mine_published"])
        expect(read(name).warnings, name).toEqual({});
      expect(Object.keys(read("shaken").warnings)).toEqual(["kept_by_value"]);
    });
  });

  test.each([
    ["constant", /"prediction" has one value for 20 rows.*once for each row/],
    ["sparse", /sparse matrix of SciPy.*whole pipeline/],
    ["mixed", /column "a" of X is of int and str.*astype\(str\)/],
    ["swapped", /X is a model\. The model comes first/],
    ["series", /X is a Series.*X\.to_frame\(\)/],
    ["columns_of_fit", /it lacks late.*feature_names_in_/],
  ])("%s cannot be recorded", (name, message) => expect(refused(name)).toMatch(message));

  test("a folder is replaced where it was recorded and that is asked for", () => {
    expect(cases["again"]!.error).toMatch(/is there already.*overwrite=True/);
    expect(cases["foreign"]!.error).toMatch(/holds other files/);
    expect(readdirSync(join(folder, "project"))).toContain("my_steps.py");
    expect(read("overwritten").files).toContain("model.joblib");
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("deploys as it is, and answers as it did in the notebook", { timeout: 300_000 }, async () => {
    // A scikit-learn model does so in docs/how-to/record-a-model.md.
    const told = await runCli(["deploy", join(folder, "night"), "--quiet"], { url: server.url, timeoutMs: 240_000 });
    expect(told.stderr + told.stdout).toMatch(/examples +20 rows/);
    expect(told.code).toBe(0);
    const { inputs, outputs } = read("night").examples.find(({ inputs: { share } }) => share === null)!;
    const body = JSON.stringify([inputs]);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${server.url}/endpoints/night/predict`, { method: "POST", body, headers });
    const said = (await answer.json()) as { predictions: readonly Record<string, unknown>[] };
    expect(answer.status, JSON.stringify(said)).toBe(200);
    expect(said.predictions[0]).toMatchObject(outputs);
  });
});
