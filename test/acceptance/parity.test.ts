import { chmodSync, cpSync, mkdtempSync, openSync, readFileSync, closeSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { createClient } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../lib/cli.ts";
import { readManifest } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, scaledMatrix, smallModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });
const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 90_000 });
const quiet = (...args: string[]) => cli(...args, "--quiet", "--json");

/** A folder to deploy: files by their names, and slipway.yaml. */
function makeFolder(files: Readonly<Record<string, string | Buffer>>, manifest: object): string {
  const folder = mkdtempSync(join(tmpdir(), "slipway-parity-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, "slipway.yaml"), stringify({ slipway: 1, ...manifest }));
  return folder;
}

/** The second flight model with LightGBM's own answers; `change` changes the `model` section. */
function flightsWithExamples(change: object = {}, name = "flight-delay"): string {
  const manifest = readManifest(flights.v2) as { model: object };
  const folder = makeFolder(
    {},
    { ...manifest, name, model: { ...manifest.model, examples: "examples.json", ...change } },
  );
  for (const file of ["model.onnx", "examples.json", "reference.parquet"])
    cpSync(join(flights.v2, file), join(folder, file));
  return folder;
}

/** The sum of a row of four, with examples in a file of that name. */
function matrixWith(file: string, content: string, { factor = 1, name = "sum" } = {}): string {
  const model = {
    path: "matrix.onnx",
    examples: file,
    inputs: { a: "float32", b: "float32", c: "float32", d: "float32" },
  };
  return makeFolder({ "matrix.onnx": readFileSync(scaledMatrix(factor)), [file]: content }, { name, model });
}

const right = [
  { inputs: { a: 1, b: 0, c: 0, d: 0 }, outputs: { y: 1 } },
  { inputs: { a: 1, b: 1, c: 1, d: 1 }, outputs: { y: 10 } },
];

async function versionsOf(model: string): Promise<number[]> {
  const answer = await fetchJson(`${server.url}/api/v1/models/${model}/versions`);
  return answer.status === 404 ? [] : answer.body.items.map(({ version }: { version: number }) => version);
}

describe("examples before traffic", { timeout: 120_000 }, () => {
  test("a model that answers as at training serves, and its examples are part of it", async () => {
    const deployed = await cli("deploy", flightsWithExamples());
    expect(deployed.stderr).not.toMatch(/error/);
    expect(deployed.stdout).toMatch(/examples +100 rows, within 0.000001 \+ 0.0001 \* \|expected\|/);
    const version = await client().versions.get("flight-delay", 1);
    const files = ["model.onnx", "examples.json", "reference.parquet", ".slipway-examples.bin"];
    expect(version.files.map(({ path }) => path).toSorted()).toEqual(files.toSorted());
    expect((await cli("show", "flight-delay@1")).stdout).toMatch(/examples +examples\.json/);
  });

  test("swapped classes are refused with a table; nothing is left of them and the old version serves", async () => {
    await cli("deploy", flightsWithExamples({}, "swap"));
    const outputs = { late: { classes: ["late", "on_time"] } };
    const refused = await cli("deploy", flightsWithExamples({ outputs }, "swap"));
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(
      /does not answer its examples as it did at training: of 100 rows, .*\d+ answers differ/,
    );
    expect(refused.stderr).toMatch(/ROW +OUTPUT +EXPECTED +GOT +RUN/);
    expect(refused.stderr).toMatch(/0 +late\.probabilities\.\w+ +0\.0770\d+ +0\.9229\d+ +in a batch/);
    expect(refused.stderr).toMatch(/and \d+ more/);
    expect(await versionsOf("swap")).toEqual([1]);
    const { body } = await fetchJson(`${server.url}/api/v1/endpoints/swap/predict`, { json: flight });
    expect(body).toMatchObject({ version: 1, prediction: { late: { class: "on_time" } } });
    const [operation] = (await client().operations.list({ limit: 1 })).items;
    expect(operation).toMatchObject({ state: "failed", error: { code: "parity_failed" } });
    expect(operation!.error!.details["mismatches"]).toHaveLength(20);
  });

  test("also without traffic, also the first version: no version is left, so none is the latest", async () => {
    const folder = matrixWith("e.json", JSON.stringify(right), { factor: 2, name: "first" });
    const refused = await quiet("deploy", folder, "--no-traffic");
    expect(JSON.parse(refused.stderr)).toMatchObject({
      code: "parity_failed",
      details: { rows: 2, worst: { output: "y", expected: 10, got: 20, row: 1 } },
    });
    expect(await versionsOf("first")).toEqual([]);
  });

  test("in a worker thread too", async () => {
    const slow = (y: number, examples = "e.json") =>
      makeFolder(
        {
          "slow.onnx": readFileSync(smallModel("slow")),
          [examples]: JSON.stringify([{ inputs: { X: [[1]] }, outputs: { y } }]),
        },
        { name: "slow", model: { path: "slow.onnx", examples }, serve: { replicas: 2 } },
      );
    const refused = await quiet("deploy", slow(7));
    const { code, details } = JSON.parse(refused.stderr);
    expect(code, refused.stderr).toBe("parity_failed");
    const deployed = await quiet("deploy", slow(details.worst.got));
    expect(JSON.parse(deployed.stdout)).toMatchObject({ placement: "worker", parity: { rows: 1, identical: true } });
  });

  test.each([
    ["e.jsonl", right.map((row) => JSON.stringify(row)).join("\n")],
    ["e.csv", "a,b,c,d,y\n1,0,0,0,1\n1,1,1,1,10.0\n"],
    ["flat.json", JSON.stringify(right.map(({ inputs, outputs }) => ({ ...inputs, ...outputs })))],
  ])("recorded as %s", async (file, content) => {
    const name = file.replace(".", "-");
    const deployed = await quiet("deploy", matrixWith(file, content, { name }));
    expect(JSON.parse(deployed.stdout), deployed.stderr).toMatchObject({ parity: { rows: 2, identical: true } });
  });

  test("recorded as Parquet, with types of its own", async () => {
    const folder = matrixWith("e.parquet", "", { name: "parquet" });
    const db = await DuckDBInstance.create(":memory:");
    const connection = await db.connect();
    const rows = "SELECT 1 AS a, 0::DOUBLE AS b, 0 AS c, 0 AS d, 1::DECIMAL(4, 1) AS y";
    await connection.run(`COPY (${rows}) TO '${join(folder, "e.parquet")}' (FORMAT parquet)`);
    connection.closeSync();
    const deployed = await quiet("deploy", folder);
    expect(JSON.parse(deployed.stdout), deployed.stderr).toMatchObject({ parity: { rows: 1, identical: true } });
    writeFileSync(join(folder, "e.parquet"), "no Parquet at all");
    expect((await cli("deploy", folder)).stderr).toMatch(/The examples in e\.parquet: .*(parquet|Parquet)/);
  });

  test("examples that do not fit say where", async () => {
    const wrong = await cli("deploy", matrixWith("e.csv", "a,b,c,d,y\n1,0,0,0,1\n1,x,0,0,1\n"));
    expect(wrong.stderr).toMatch(/The examples in e\.csv: row 1 \(the first is 0\), "b", .*got the string "x"/);
    const unknown = await cli("deploy", matrixWith("e.csv", "a,b,c,d,Y\n1,0,0,0,1\n"));
    expect(unknown.stderr).toMatch(/"Y", is unknown; there are: y, a, b, c, d\. Did you mean "y"\?$/m);
    expect(await versionsOf("sum")).toEqual([]);
  });
});

describe("files that change on disk", { timeout: 120_000 }, () => {
  test("are not served: the endpoint says so, and deploying the same files again heals it", async () => {
    const own = await startServer();
    const run = (...args: string[]) => runCli(args, { url: own.url, timeoutMs: 90_000 });
    const folder = matrixWith("e.json", JSON.stringify(right));
    await run("deploy", folder);
    const [file] = (await createClient({ url: own.url }).versions.get("sum", 1)).files;
    await own.stop();
    const path = join(own.data, "blobs", file!.sha256.slice(0, 2), file!.sha256);
    flipByte(path, readFileSync(path).indexOf(Buffer.from(new Float32Array([1, 2, 3, 4]).buffer)) + 2);
    await own.restart();
    const [endpoint] = (await createClient({ url: own.url }).endpoints.list()).items;
    expect(endpoint).toMatchObject({
      state: "failed",
      state_message: expect.stringMatching(/has changed on disk; it was put aside/),
    });
    const healed = await run("deploy", folder, "--json");
    expect(JSON.parse(healed.stdout), healed.stderr).toMatchObject({ version: 1, created: false });
    const url = `${own.url}/api/v1/endpoints/sum/predict`;
    expect((await fetchJson(url, { json: right[1]!.inputs })).body.prediction).toEqual({ y: 10 });
  });
});

/** One bit of one byte, as a bad disk would. */
function flipByte(path: string, at: number): void {
  chmodSync(path, 0o644);
  const file = openSync(path, "r+");
  const byte = readFileSync(path)[at]!;
  writeSync(file, Buffer.from([byte ^ 1]), 0, 1, at);
  closeSync(file);
}

describe("slipway verify", { timeout: 120_000 }, () => {
  test("reads, opens and asks a version beside what serves", async () => {
    await cli("deploy", matrixWith("e.json", JSON.stringify(right), { name: "verified" }));
    const told = await cli("verify", "verified@champion");
    expect(told.stdout).toMatch(/files +3, .*: every byte is as it was deployed/);
    expect(told.stdout).toMatch(/examples +2 rows, bit-identical/);
    expect(told.stdout).toMatch(/outputs +y: identical/);
    const json = JSON.parse((await quiet("verify", "verified@1")).stdout);
    expect(json).toMatchObject({
      model: "verified",
      version: 1,
      files: 3,
      parity: { rows: 2, outputs: [{ max_ulps: 0 }] },
    });
  });

  test("says that there are no examples", async () => {
    await cli("deploy", smallModel("matrix"), "--name", "bare");
    expect((await cli("verify", "bare@1")).stdout).toMatch(/examples +none: it was opened and no more/);
    expect((await cli("verify", "bare@7")).code).toBe(4);
  });

  test("finds a file that changed although the version serves on", async () => {
    await cli("deploy", matrixWith("e.json", JSON.stringify(right), { name: "rotten", factor: 1 }));
    const files = (await client().versions.get("rotten", 1)).files;
    const examples = files.find(({ path }) => path === "e.json")!;
    flipByte(join(server.data, "blobs", examples.sha256.slice(0, 2), examples.sha256), 1);
    const found = await quiet("verify", "rotten@1");
    expect(JSON.parse(found.stderr)).toMatchObject({ code: "damaged_blob", details: { sha256: examples.sha256 } });
    const { body } = await fetchJson(`${server.url}/api/v1/endpoints/rotten/predict`, { json: right[1]!.inputs });
    expect(body.prediction).toEqual({ y: 10 });
  });
});
