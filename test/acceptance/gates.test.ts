import { createClient } from "@slipway/sdk";
import { SlipwayError } from "@slipway/contract/errors";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../lib/cli.ts";
import { deploy, type Deployment } from "../lib/deploy.ts";
import { scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const client = () => createClient({ url: server.url });
const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 90_000 });

const columns = { a: "float32", b: "float32", c: "float32", d: "float32" };
type Sections = { readonly model?: object; readonly serve?: object; readonly log?: object };

/** Deploys a version of the matrix model; every factor is another version. */
function deployMatrix(name: string, factor: number, { model = {}, ...rest }: Sections = {}, options: Deployment = {}) {
  const manifest = { name, model: { path: "matrix.onnx", inputs: columns, ...model }, ...rest };
  return deploy(server.url, scaledMatrix(factor), { name, manifest, ...options });
}

async function failure(work: Promise<unknown>): Promise<SlipwayError> {
  const error = await work.then(
    () => new Error("It was let through."),
    (reason: unknown) => reason,
  );
  if (SlipwayError.is(error)) return error;
  throw error;
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

describe("a signature that breaks callers", { timeout: 120_000 }, () => {
  const narrower = { model: { inputs: { ...columns, a: { type: "float32", range: [0, 1] } } } };

  test("is refused at deploy with the list, and makes no version; allowed, it serves", async () => {
    await deployMatrix("narrow", 1);
    const error = await failure(deployMatrix("narrow", 2, narrower));
    expect(error).toMatchObject({
      code: "breaking_change",
      details: { serving: "narrow@1", changes: [{ path: "inputs.a", kind: "input_range" }] },
    });
    expect(error.message).toMatch(/input a took any value and takes 0 to 1 only/);
    expect((await client().models.get("narrow")).versions).toBe(1);
    // Without traffic nobody is hurt, but the promotion is held against the same gate.
    await deployMatrix("narrow", 2, narrower, { traffic: false });
    expect(await failure(client().endpoints.promote("narrow", 2))).toMatchObject({ code: "breaking_change" });
    const refused = await cli("promote", "narrow@2");
    expect([refused.code, refused.stderr]).toEqual([
      5,
      expect.stringMatching(/would break callers of narrow@1.*\n.*input a/),
    ]);
    expect((await cli("promote", "narrow@2", "--allow-breaking")).code).toBe(0);
    expect((await client().endpoints.get("narrow")).target?.version).toBe(2);
    // The way back is wider, and a rollback asks nobody.
    await client().endpoints.promote("narrow", 1);
    await client().endpoints.rollback("narrow");
    expect((await client().endpoints.get("narrow")).target?.version).toBe(2);
  });

  test("a wider range and a nullable column break nobody; a column in another place does", async () => {
    await deployMatrix("wide", 1, narrower);
    const nullable = { ...columns, b: { type: "float32", nullable: true } };
    await deployMatrix("wide", 2, { model: { inputs: nullable } });
    const { b, ...others } = nullable;
    const error = await failure(deployMatrix("wide", 3, { model: { inputs: { ...others, b } } }));
    expect(error.message).toMatch(/columns of the matrix X are in another order: a, c, d, b instead of a, b, c, d/);
  });

  test("log.fields lets callers go on sending an input that is gone", async () => {
    await deployMatrix("renamed", 1);
    const { d, ...rest } = columns;
    const model = { inputs: { ...rest, e: { type: d, nullable: true } } };
    const error = await failure(deployMatrix("renamed", 2, { model }));
    expect(error.details["changes"]).toMatchObject([{ path: "inputs.d", kind: "input_removed" }]);
    await deployMatrix("renamed", 2, { model, log: { fields: ["d"] } });
  });

  test("apply with a model is held to the same, and takes --expect and --allow-breaking", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-gates-"));
    const file = join(folder, "slipway.yaml");
    const write = (factor: number, inputs: object) => {
      writeFileSync(join(folder, "matrix.onnx"), readFileSync(scaledMatrix(factor)));
      writeFileSync(file, stringify({ slipway: 1, name: "applied", model: { path: "matrix.onnx", inputs } }));
    };
    write(1, columns);
    expect((await cli("apply", "-f", file, "--expect", "0".repeat(64))).stderr).toMatch(/has the digest [0-9a-f]{64}/);
    expect((await cli("apply", "-f", file)).code).toBe(0);
    write(2, narrower.model.inputs);
    expect((await cli("apply", "-f", file)).stderr).toMatch(/would break callers of applied@1/);
    expect((await cli("apply", "-f", file, "--allow-breaking")).code).toBe(0);
    expect((await client().endpoints.get("applied")).target?.version).toBe(2);
  });
});

describe("the training", { timeout: 120_000 }, () => {
  test("its facts are part of the version; too old, it is refused", async () => {
    const serve = { max_training_age: "90d" };
    const training = { at: daysAgo(10), data: "s3://flights/2026-02", commit: "1a2b3c4" };
    await deployMatrix("aged", 1, { model: { training }, serve });
    const { manifest } = await client().versions.get("aged", 1);
    expect(manifest).toMatchObject({ training });
    const shown = (await cli("show", "aged@1")).stdout;
    expect(shown).toMatch(new RegExp(`trained +at ${training.at}\\n +on s3://flights/2026-02\\n +commit 1a2b3c4`));
    const error = await failure(deployMatrix("aged", 2, { model: { training: { at: daysAgo(100) } }, serve }));
    expect(error).toMatchObject({ code: "training_too_old", details: { limit_ms: 7_776_000_000 } });
    expect(error.message).toMatch(/was trained (99|100) days ago/);
    expect(await failure(deployMatrix("aged", 3, { serve }))).toMatchObject({ code: "training_too_old" });
    expect((await client().models.get("aged")).versions).toBe(1);
  });

  test("passed while it serves: it goes on, with a warning and a gauge", async () => {
    await deployMatrix("passed", 1, { model: { training: { at: daysAgo(100) } } });
    await client().endpoints.apply("passed", { slipway: 1, name: "passed", serve: { max_training_age: "90d" } });
    const endpoint = await client().endpoints.get("passed");
    expect(endpoint).toMatchObject({
      state: "ready",
      serve: { max_training_age_ms: 7_776_000_000 },
      warnings: [
        expect.stringMatching(
          /^passed@1 was trained (99|100) days ago .* beyond serve.max_training_age \(90 days\)\.$/,
        ),
      ],
    });
    expect((await cli("status")).stdout).toMatch(/passed +passed@1.*was trained/);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const [, seconds] =
      /slipway_model_training_age_seconds\{endpoint="passed",model="passed",version="1"\} ([\d.]+)/.exec(metrics)!;
    expect(Number(seconds)).toBeGreaterThan(99 * 86_400);
    await server.restart();
    expect((await client().endpoints.get("passed")).state).toBe("ready");
  });

  test("reference data is uploaded with the version, and must be there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-gates-"));
    const model = { path: "matrix.onnx", training: { reference: "reference.csv" } };
    writeFileSync(join(folder, "matrix.onnx"), readFileSync(scaledMatrix(1)));
    writeFileSync(join(folder, "slipway.yaml"), stringify({ slipway: 1, name: "referred", model }));
    expect((await cli("deploy", folder)).stderr).toMatch(/no file .*reference\.csv/);
    writeFileSync(join(folder, "reference.csv"), "a\n1\n");
    expect((await cli("deploy", folder)).code).toBe(0);
    const { files } = await client().versions.get("referred", 1);
    expect(files.map(({ path }) => path)).toContain("reference.csv");
    // Whoever speaks to the API without uploading it is told which file is missing.
    const error = await failure(deployMatrix("unreferred", 1, { model: { training: { reference: "reference.csv" } } }));
    expect(error).toMatchObject({ code: "invalid_manifest", details: { missing_files: ["reference.csv"] } });
  });
});

test("serve.memory bounds what the version took when it was looked at", { timeout: 60_000 }, async () => {
  const error = await failure(deployMatrix("fat", 1, { serve: { memory: "16MiB" } }));
  expect(error).toMatchObject({ code: "precondition_failed", details: { limit_bytes: 16_777_216 } });
  expect(error.message).toMatch(/took \d+ MiB in a process of its own, and serve\.memory allows 16 MiB/);
  await deployMatrix("fat", 1, { serve: { memory: "4GiB" } });
  expect((await client().endpoints.get("fat")).serve.memory_bytes).toBe(4 * 2 ** 30);
});
