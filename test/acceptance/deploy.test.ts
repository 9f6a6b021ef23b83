import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createClient, SlipwayError } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy, upload } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });

async function predict(endpoint: string, record: unknown) {
  const answer = await fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json: record });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** Pids of the children of a process, where the system tells them. */
function childrenOf(pid: number): string[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split(" ")
        .filter((text) => text !== "")
    : [];
}

/** The four values of a flower, as `iris-*.onnx` takes them, and the probabilities that scikit-learn gives for it. */
const flower = [5.1, 3.5, 1.4, 0.2];

describe("model files as people have them", { timeout: 120_000 }, () => {
  test.each([
    ["iris-int-zipmap", ["0", "1", "2"]],
    ["iris-text-zipmap", ["setosa", "versicolor", "virginica"]],
  ])("%s: the ZipMap goes, its labels stay", async (name, labels) => {
    const { notes } = await deploy(server.url, smallModel(name));
    expect(notes.join(" ")).toMatch(/ZipMap .* taken out/);
    const { prediction } = await predict(name, { X: flower });
    const [probabilities] = Object.values(prediction).filter((value) => typeof value === "object") as [
      { probabilities: Record<string, number> },
    ];
    expect(Object.keys(probabilities.probabilities)).toEqual(labels);
    expect(Object.values(probabilities.probabilities)[0]).toBeGreaterThan(0.9);
    // The bytes that were sent are kept beside those that are served.
    const version = await client().versions.get(name, 1);
    expect(version.files.map((file) => file.path)).toContain(`${name}.onnx`);
    const plain = await deploy(server.url, smallModel(name.replace("-zipmap", "")), { name, allow_breaking: true });
    expect([plain.version, plain.created]).toEqual([2, true]);
    const { prediction: same } = await predict(name, { X: flower });
    expect(Object.values(same).map((value) => JSON.stringify(value))).toHaveLength(2);
  });

  test("weights in a file beside the model go along", async () => {
    await deploy(server.url, smallModel("external"), { beside: [smallModel("external").replace(".onnx", ".weights")] });
    expect((await predict("external", { X: [1, 2, 3, 4] })).prediction).toEqual({ y: 30 });
  });

  test("`slipway deploy model.onnx` finds the weights that the server misses", async () => {
    const { code, stderr } = await runCli(["deploy", smallModel("external"), "--name", "found"], { url: server.url });
    expect(stderr).not.toMatch(/error:/);
    expect(code).toBe(0);
    expect((await predict("found", { X: [4, 3, 2, 1] })).prediction).toEqual({ y: 20 });
  });

  test("a matrix: as it is, and by the columns that slipway.yaml names", async () => {
    await deploy(server.url, smallModel("matrix"));
    expect((await predict("matrix", [{ X: [1, 0, 0, 0] }, { X: [0, 0, 0, 2] }])).predictions).toEqual([
      { y: 1 },
      { y: 8 },
    ]);

    const inputs = {
      a: "float32",
      b: "float32",
      c: { type: "int64", range: [0, 9] },
      d: { type: "float32", nullable: true },
    };
    await deploy(server.url, smallModel("matrix"), {
      name: "packed",
      manifest: { model: { path: "matrix.onnx", inputs } },
    });
    expect((await predict("packed", { a: 1, b: 1, c: 1, d: 1 })).prediction).toEqual({ y: 10 });
    const [one, many] = ["a", "b", "c", "d"]
      .map((name) => ({
        name,
        datatype: name === "c" ? "INT64" : "FP32",
        shape: [2],
        data: [1, 2],
      }))
      .reduce<[object[], object]>(
        ([columns, matrix], column) => [[...columns, column], matrix],
        [
          [],
          {
            name: "X",
            datatype: "FP32",
            shape: [2, 4],
            data: [
              [1, 1, 1, 1],
              [2, 2, 2, 2],
            ],
          },
        ],
      );
    for (const tensors of [one, [many]]) {
      const answer = await fetchJson(`${server.url}/v2/models/packed/infer`, { json: { inputs: tensors } });
      expect(answer.body.outputs?.[0]?.data, JSON.stringify(answer.body)).toEqual([10, 20]);
    }
    const wrong = await fetchJson(`${server.url}/api/v1/endpoints/packed/predict`, {
      json: { a: 1, b: 1, c: 10, d: 1 },
    });
    expect([wrong.status, wrong.body.detail]).toEqual([400, expect.stringMatching(/"c".*9/)]);
  });

  test("named columns of text and numbers", async () => {
    await deploy(server.url, smallModel("columns"));
    const answer = await predict("columns", [
      { origin: "JFK", hour: 22, late: 20 },
      { origin: "ATL", hour: 1, late: 0 },
    ]);
    expect(answer.predictions[0]).not.toEqual(answer.predictions[1]);
  });

  test("a slow model gets a thread of its own, and does not hold up the others", async () => {
    const slow = await deploy(server.url, smallModel("slow"));
    expect(slow.placement).toBe("worker");
    await deploy(server.url, smallModel("matrix"));
    const underWay = Promise.all(Array.from({ length: 8 }, () => predict("slow", { X: [[1]] })));
    let slowDone = false;
    const noted = underWay.then(() => (slowDone = true));
    await predict("matrix", { X: [1, 1, 1, 1] });
    expect(slowDone).toBe(false);
    await noted;
    const answers = await underWay;
    expect(new Set(answers.map((answer) => JSON.stringify(answer.prediction))).size).toBe(1);
  });
});

const refusals: readonly (readonly [string, RegExp])[] = [
  ["garbage-empty", /not an ONNX file: it is empty/],
  ["garbage-pickle", /Python pickle.*skl2onnx/],
  ["garbage-text", /Git LFS pointer.*git lfs pull/],
  ["garbage-truncated", /not an ONNX file, or is cut off/],
  ["sequence", /output "parts" is a sequence.*zipmap/i],
  ["unknown-operator", /operator .*Frobnicate/],
  ["bfloat16", /bfloat16.*float32/],
];

describe("what cannot be served is refused, and what serves goes on", { timeout: 120_000 }, () => {
  test.each(refusals)("%s", async (name, message) => {
    await deploy(server.url, smallModel("matrix"), { name: "steady" });
    const before = await client().endpoints.get("steady");
    const failed = deploy(server.url, smallModel(name), { name: "steady" });
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ code: "invalid_model" });
    expect((await predict("steady", { X: [1, 1, 1, 1] })).prediction).toEqual({ y: 10 });
    expect(await client().endpoints.get("steady")).toEqual(before);
    expect((await client().versions.list("steady")).items).toHaveLength(1);
  });

  test("the command line says why, on stderr and with an exit code", async () => {
    const result = await runCli(["deploy", smallModel("garbage-pickle"), "--name", "steady"], { url: server.url });
    expect([result.code, result.stdout]).toEqual([1, ""]);
    expect(result.stderr).toMatch(/error: .*Python pickle/);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  test("a slipway.yaml that does not fit its file names input and reason", async () => {
    const inputs = { origin: "string", hours: "int64" };
    const failed = deploy(server.url, join(flights.v1, "model.onnx"), {
      name: "unfit",
      manifest: { model: { path: "model.onnx", inputs } },
    });
    await expect(failed).rejects.toThrow(/hours/);
    await expect(client().models.get("unfit")).rejects.toMatchObject({ code: "model_not_found" });
  });

  test("wrong sections and misspelt keys are refused before anything is made", async () => {
    const send = (manifest: object) =>
      deploy(server.url, smallModel("matrix"), { name: "later", manifest: manifest as Record<string, unknown> });
    await expect(send({ rollout: { steps: [{ trafic: "1%" }] } })).rejects.toThrow(/trafic.*Did you mean "?traffic/);
    await expect(send({ model: { path: "matrix.onnx", environment: { pyhton: "3.11" } } })).rejects.toThrow(
      /model\.environment\.pyhton: .*Did you mean "?python/,
    );
    await expect(send({ serve: { replica: 2 } })).rejects.toThrow(/serve\.replica: .*Did you mean "?replicas/);
    await expect(client().models.get("later")).rejects.toMatchObject({ code: "model_not_found" });
  });

  test("files that were never uploaded, and paths that lead out of the folder", async () => {
    const missing = client().deployments.create({
      name: "missing",
      entry: "a.onnx",
      files: [{ path: "a.onnx", sha256: "0".repeat(64) }],
    });
    await expect(missing).rejects.toMatchObject({ code: "blob_not_found" });
    const sha256 = await upload(client(), Buffer.from("evil"));
    for (const path of ["../evil.onnx", "/tmp/evil.onnx", "a/../../evil.onnx", "a\\..\\evil.onnx", "evil\0.onnx"]) {
      const attempt = client()
        .deployments.create({ name: "evil", entry: path, files: [{ path, sha256 }] })
        .then((operation) => client().operations.wait(operation.id));
      await expect(attempt, path).rejects.toSatisfy((error) => SlipwayError.is(error) && error.code !== "internal");
    }
  });
});

describe("a deployment is an operation", { timeout: 120_000 }, () => {
  test("--detach gives the operation at once; it can be followed to its end", async () => {
    const started = await runCli(["deploy", flights.v1, "--name", "detached", "--detach", "--json"], {
      url: server.url,
    });
    expect(started.code, started.stderr).toBe(0);
    const { id } = JSON.parse(started.stdout);
    const stages = new Set<string>();
    for await (const operation of client().operations.watch(id)) stages.add(operation.stage);
    expect(stages.size).toBeGreaterThan(1);
    const shown = await runCli(["operations", id, "--json"], { url: server.url });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      state: "succeeded",
      result: { version: 1, endpoint: "detached" },
    });
    expect((await predict("detached", flight)).version).toBe(1);
  });

  test("cancelled while the model is tried out: no version, no child left", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "slipway-endless-")), "endless");
    mkdirSync(folder);
    copyFileSync(smallModel("endless"), join(folder, "endless.onnx"));
    writeFileSync(join(folder, "slipway.yaml"), "slipway: 1\nname: endless\nmodel: {path: endless.onnx}\n");
    const started = await runCli(["deploy", folder, "--detach", "--json"], { url: server.url });
    const { id } = JSON.parse(started.stdout);
    await expect.poll(async () => (await client().operations.get(id)).message, { timeout: 20_000 }).toMatch(/trying/);
    const cancelled = await runCli(["operation", "cancel", id], { url: server.url });
    expect(cancelled.code, cancelled.stderr).toBe(0);
    await expect.poll(async () => (await client().operations.get(id)).state, { timeout: 10_000 }).toBe("cancelled");
    await expect(client().models.get("endless")).rejects.toMatchObject({ code: "model_not_found" });
    await expect.poll(() => childrenOf(server.pid)).toEqual([]);
    // The next deployment is not held up by what was cancelled.
    expect((await deploy(server.url, smallModel("matrix"), { name: "after" })).version).toBe(1);
  });

  test("an upload that was cut goes on where it stopped; wrong bytes are refused", async () => {
    const { blobs } = client();
    const bytes = Buffer.alloc(300_000, basename(smallModel("matrix")));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const url = `${server.url}/api/v1/blobs/${sha256}`;
    const type = { "content-type": "application/octet-stream" };
    const half = await fetchJson(url, {
      method: "PUT",
      body: new Uint8Array(bytes.subarray(0, 100_000)),
      headers: { ...type, "upload-length": String(bytes.length) },
    });
    expect([half.status, half.body]).toEqual([202, { sha256, size: 100_000, complete: false }]);
    expect(await blobs.has(sha256)).toEqual({ complete: false, offset: 100_000 });
    const sent: number[] = [];
    await blobs.ensure(
      sha256,
      (offset) => {
        sent.push(offset);
        return new Uint8Array(bytes.subarray(offset));
      },
      { size: bytes.length },
    );
    expect(sent).toEqual([100_000]);
    expect((await blobs.has(sha256)).complete).toBe(true);
    const wrong = await fetchJson(`${server.url}/api/v1/blobs/${"0".repeat(64)}`, {
      method: "PUT",
      body: "not these",
      headers: type,
    });
    expect([wrong.status, wrong.body.code]).toEqual([400, "digest_mismatch"]);
  });
});
