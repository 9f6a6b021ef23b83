import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { deploy } from "../../lib/deploy.ts";
import { patientServe } from "../../lib/faced-models.ts";
import { flights, smallModel } from "../../lib/models.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";
import type { ModelName, ScoringCase } from "./request-making.ts";
import { startMlflow, type MlflowServer } from "./mlflow-server.ts";
import { expectSame, parseTheirs } from "./same-answer.ts";
import { scoringDifferences } from "./scoring-differences.ts";
import { scoringCases } from "./scoring-requests.ts";

const models: readonly ModelName[] = ["columns", "packed", "matrix", "flights", "shapes"];
const here = join(root, "test/interop/scoring");
const bin = await findPythonEnvironment(join(here, "requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/scoring/requirements.txt";

/** The same inputs as the MLflow models have; a float may be missing there, always. */
const missing = (type: string) => ({ type, nullable: true });
const manifests: Readonly<Record<ModelName, object>> = {
  columns: { inputs: { single: missing("float32"), wide: missing("float64") } },
  packed: { inputs: { a: missing("float32"), b: missing("float64"), c: "int64", d: missing("float32") } },
  matrix: { inputs: { X: missing("float32") } },
  flights: { inputs: { origin_late_3h: missing("float32"), distance: missing("float32") } },
  shapes: { inputs: { grid: missing("float32"), walk: missing("float32") } },
};

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("the real mlflow models serve", () => {
  const server = useServer();
  const mlflow = new Map<ModelName, MlflowServer>();
  const folder = mkdtempSync(join(tmpdir(), "slipway-mlflow-"));

  beforeAll(async () => {
    const script = join(here, "make-mlflow-models.py");
    const args = [script, join(flights.v2, "model.onnx"), smallModel("matrix"), folder];
    await promisify(execFile)(join(bin!, "python"), args);
    const starting = models.map(async (name) => mlflow.set(name, await startMlflow(bin!, join(folder, name), 240_000)));
    for (const name of models) {
      const manifest = { serve: patientServe, model: { path: "model.onnx", ...manifests[name] } };
      await deploy(server.url, join(folder, name, "model.onnx"), { name, manifest });
    }
    await Promise.all(starting);
  }, 300_000);

  afterAll(() => {
    for (const { stop } of mlflow.values()) stop();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Answer {
    readonly status: number;
    readonly type: string;
    readonly text: string;
  }

  async function ask(url: string, { body, type }: ScoringCase): Promise<Answer> {
    const headers: Record<string, string> = type === null ? {} : { "content-type": type };
    const response = await fetch(url, { method: "POST", body: type === null ? new Blob([body]) : body, headers });
    const text = await response.text();
    return { status: response.status, type: response.headers.get("content-type") ?? "", text };
  }

  const askBoth = async (one: ScoringCase) => ({
    theirs: await ask(`${mlflow.get(one.model)!.url}/invocations`, one),
    ours: await ask(`${server.url}/endpoints/${one.model}/invocations`, one),
  });

  test("at least 200 requests are asked, good and bad", () => {
    expect(scoringCases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(scoringCases.map(({ model }) => model)).size).toBe(models.length);
  });

  test.each(scoringCases.map((one, i) => ({ i, ...one })))("$i $title", async (one) => {
    const { theirs, ours } = await askBoth(one);
    if (theirs.status >= 500) {
      expect(ours.status, ours.text).toBeGreaterThanOrEqual(400);
      expect(ours.status, ours.text).toBeLessThan(500);
      return;
    }
    expect(ours.status, `MLflow: ${theirs.text}\nSlipway: ${ours.text}`).toBe(theirs.status);
    if (ours.status === 200) expectSame(JSON.parse(ours.text), parseTheirs(theirs.text));
    else if (ours.status === 415)
      expect([ours.type, theirs.type]).toEqual([expect.stringMatching(/^text\/plain/), ours.type]);
    else expect(codeOf(ours.text)).toBe(codeOf(theirs.text));
  });

  describe("where the two differ, on purpose", () => {
    test.each(scoringDifferences)("$title: $why", async (one) => {
      const { theirs, ours } = await askBoth(one);
      expect([theirs.status, ours.status], `${theirs.text}\n${ours.text}`).toEqual([one.theirs, one.ours]);
    });
  });

  test("ping and version answer in the same form", async () => {
    const url = mlflow.get("packed")!.url;
    expect(await (await fetch(`${url}/ping`)).text()).toBe("\n");
    expect(await (await fetch(`${url}/version`)).text()).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await (await fetch(`${server.url}/version`)).text()).toMatch(/^3\.[0-3]\.\d+$/);
  });
});

function codeOf(text: string): unknown {
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(expect.arrayContaining(["error_code", "message"]));
  return body["error_code"];
}
