import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { runCli, type CliResult } from "../lib/cli.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const room = mkdtempSync(join(tmpdir(), "slipway-init-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** Where nobody answers: these commands work without a server. */
const nowhere = "http://127.0.0.1:1";

function slipway(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, "--quiet"], { url: nowhere, cwd: room, timeoutMs: 100_000 });
}

async function must(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await slipway(...args);
  expect(code, `slipway ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

interface Checked {
  readonly digest: string | null;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly message: string }[];
}

async function check(path: string, ...more: readonly string[]): Promise<Checked & { code: number }> {
  const { code, stdout, stderr } = await slipway("check", path, "--json", ...more);
  expect(stdout, stderr).toMatch(/^\{/);
  return { ...(JSON.parse(stdout) as Checked), code };
}

const failures = ({ checks }: Checked) => checks.filter(({ state }) => state === "failed").map(({ check }) => check);

/** A folder of its own with files in it. */
function makeFolder(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(room, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

const readManifest = (folder: string) =>
  parseYaml(readFileSync(join(folder, "slipway.yaml"), "utf8")) as Record<string, any>;

/** Flowers of made-up sizes, sorted by their species. */
const flowers = Array.from({ length: 60 }, (_, i) => ({
  flower_id: `f${i}`,
  sepal_length: 4.5 + (i % 7) / 2,
  sepal_width: 2 + (i % 5) / 2,
  petal_length: 1 + (i % 11) / 2,
  petal_width: i === 7 ? null : 0.5 + (i % 4) / 2,
  species: ["setosa", "versicolor", "virginica"][Math.floor(i / 20)],
}));
const columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
const data: Record<string, string> = {};

beforeAll(async () => {
  const names = Object.keys(flowers[0]!) as (keyof (typeof flowers)[number])[];
  const csv = [names.join(), ...flowers.map((row) => names.map((name) => row[name] ?? "").join())].join("\n");
  const folder = makeFolder("data", {
    "flowers.csv": `${csv}\n`,
    "flowers.jsonl": flowers.map((row) => JSON.stringify(row)).join("\n"),
  });
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`COPY (FROM '${join(folder, "flowers.csv")}') TO '${join(folder, "flowers.parquet")}'`);
  connection.closeSync();
  instance.closeSync();
  for (const name of readdirSync(folder)) data[name.slice(name.indexOf(".") + 1)] = join(folder, name);
});

describe("init", { timeout: 120_000 }, () => {
  test.each(["csv", "jsonl", "parquet"])("names the columns of a matrix from a sample in %s", async (format) => {
    const out = parseYaml(await must("init", smallModel("iris-text"), data[format]!, "--stdout"));
    expect(Object.keys(out.model.inputs)).toEqual(columns);
    expect(out.model.inputs.sepal_length).toEqual({ type: "float32", range: [4.5, 7.5] });
    // A logistic regression answers NaN to a missing value, which is tried out.
    expect(out.model.inputs.petal_width).toEqual({ type: "float32", range: [0.5, 2] });
    expect(out.model.outputs).toEqual({ probabilities: { classes: ["setosa", "versicolor", "virginica"] } });
  });

  test("writes beside the model, never over a file unless told to", async () => {
    const folder = makeFolder("beside", {});
    cpSync(smallModel("iris-text"), join(folder, "iris.onnx"));
    const before = readdirSync(folder);
    expect(await must("init", join(folder, "iris.onnx"), data["csv"]!, "--stdout")).toMatch(/^# Drafted by/);
    expect(readdirSync(folder)).toEqual(before);
    const said = await must("init", join(folder, "iris.onnx"), data["csv"]!, "--name", "flowers");
    expect(said).toMatch(/not used +flower_id, species/);
    expect(readManifest(folder)).toMatchObject({ name: "flowers", model: { path: "iris.onnx" } });
    // What looking at the model leaves behind goes elsewhere.
    expect(readdirSync(folder)).toEqual(["iris.onnx", "slipway.yaml"]);
    const again = await slipway("init", join(folder, "iris.onnx"), "--name", "other");
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--force")]);
    expect(readManifest(folder)["name"]).toBe("flowers");
    await must("init", join(folder, "iris.onnx"), "--name", "other", "--force");
    expect(readManifest(folder)["name"]).toBe("other");
  });

  test("--dir takes the model along, with the weights that it needs", async () => {
    const folder = join(room, "taken");
    await must("init", smallModel("external"), "--dir", folder);
    expect(readdirSync(folder).toSorted()).toEqual(["external.onnx", "external.weights", "slipway.yaml"]);
    expect((await check(folder)).code).toBe(0);
  });

  test("says what is no data, and what is no model", async () => {
    const text = makeFolder("odd", { "notes.txt": "x", "broken.json": '{"a": ' });
    const cases: readonly (readonly [string, string, RegExp])[] = [
      [smallModel("matrix"), join(text, "notes.txt"), /notes\.txt is not a table that can be read/],
      [smallModel("matrix"), join(text, "broken.json"), /broken\.json cannot be read as a table/],
      [smallModel("matrix"), join(text, "none.csv"), /There is no file/],
      [smallModel("garbage-pickle"), data["csv"]!, /is not an ONNX file, but a Python pickle/],
      [text, data["csv"]!, /name the model file itself/],
    ];
    await Promise.all(
      cases.map(async ([model, sample, said]) => {
        const { code, stderr } = await slipway("init", model, sample, "--stdout");
        expect(stderr).toMatch(said);
        expect(code).toBeGreaterThan(0);
      }),
    );
  });

  test("rows of `{inputs, outputs}` are a sample too, and are offered as examples", async () => {
    const text = await must("init", join(flights.v2, "model.onnx"), join(flights.v2, "examples.json"), "--stdout");
    const { inputs } = parseYaml(text).model;
    expect(inputs).toMatchObject({ origin: "string", hour: { type: "int64", range: [0, 25] } });
    expect(inputs.origin_late_3h).toMatchObject({ type: "float32", nullable: true });
    expect(text).toContain("# examples: examples.json");
  });
});

describe("from a file to traffic", { timeout: 120_000 }, () => {
  const server = useServer();

  test("init, check, deploy: the digest that was checked is the one that serves, by the names of the data", async () => {
    const folder = makeFolder("whole", {});
    cpSync(smallModel("iris-text"), join(folder, "model.onnx"));
    await must("init", join(folder, "model.onnx"), data["csv"]!, "--examples", "25", "--name", "flowers");
    const text = readFileSync(join(folder, "slipway.yaml"), "utf8");
    expect(text).toMatch(/# What this machine answered .* NOT what was recorded at training/);
    const checked = await check(folder);
    expect(failures(checked)).toEqual([]);
    expect(checked.code).toBe(0);
    expect(checked.checks.find((each) => each.check === "examples")).toMatchObject({
      state: "ok",
      message: expect.stringMatching(/^25 rows answered/),
    });
    const options = { url: server.url, timeoutMs: 100_000 };
    const deployed = await runCli(["deploy", folder, "--expect", checked.digest!, "--json", "--quiet"], options);
    expect(deployed.code, deployed.stderr).toBe(0);
    expect(JSON.parse(deployed.stdout)).toMatchObject({ digest: checked.digest, endpoint: "flowers" });
    const record = { sepal_length: 5, sepal_width: 3.5, petal_length: 1.5, petal_width: 0.5 };
    const { status, body } = await fetchJson(`${server.url}/endpoints/flowers/predict`, { json: record });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(Object.keys(body.prediction.probabilities.probabilities)).toEqual(["setosa", "versicolor", "virginica"]);
    expect(await check(folder, "--expect", checked.digest!)).toMatchObject({ code: 0 });
  });

  test.each([
    ["a ZipMap", smallModel("iris-int-zipmap")],
    ["weights in another file", smallModel("external")],
  ])("%s: check gives the digest of a deploy", async (_, path) => {
    const { digest } = await check(path);
    const args = ["deploy", path, "--no-traffic", "--json", "--quiet"];
    const deployed = await runCli(args, { url: server.url, timeoutMs: 100_000 });
    expect(JSON.parse(deployed.stdout)).toMatchObject({ digest });
  });
});

describe("check fails, with exit code 1", { timeout: 120_000 }, () => {
  test("on examples that the model does not answer, which it shows as a table", async () => {
    const folder = makeFolder("swapped", {
      "slipway.yaml": `slipway: 1
name: flight-delay
model:
  path: model.onnx
  examples: examples.json
  outputs: {late: {classes: [late, on_time]}}
`,
    });
    for (const name of ["model.onnx", "examples.json"]) cpSync(join(flights.v1, name), join(folder, name));
    const { code, stdout } = await slipway("check", folder);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ failed +examples +/m);
    expect(stdout).toMatch(/^ *ROW +OUTPUT +EXPECTED +GOT +RUN$/m);
    expect(stdout).toMatch(/^ *0 +late\.probabilities\.(on_time|late) +0\.\d+ +0\.\d+ +in a batch$/m);
  });

  test("on a digest other than the expected one", async () => {
    const checked = await check(flights.v1, "--expect", `sha256:${"A".repeat(64)}`);
    expect([failures(checked), checked.code]).toEqual([["digest"], 1]);
  });

  test("on a file that is no model", async () => {
    const checked = await check(smallModel("garbage-pickle"));
    expect([failures(checked), checked.digest, checked.code]).toEqual([["model"], null, 1]);
    expect(existsSync(join(room, "nothing"))).toBe(false);
    const none = await slipway("check", join(room, "nothing"));
    expect(none.code).toBe(2);
  });
});
