import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { runCli } from "../../lib/cli.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";
import { startMlflow } from "../scoring/mlflow-server.ts";
import { expectSame, parseTheirs } from "../scoring/same-answer.ts";
import { differences, goldens, type Golden } from "./goldens.ts";

/** `npm run test:all` serves all models and asks the real MLflow, too; `npm test` some, and compares with what MLflow said before. */
const whole = process.env["MODE"] === "all";
const few = ["pipeline", "visits"];
const here = join(root, "test/interop/mlflow-serve");
const models = [...new Set(goldens.map(({ model }) => model))].filter((name) => whole || few.includes(name));
const bin = await findPythonEnvironment(join(here, whole ? "requirements.txt" : "../frameworks/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";

async function ask(url: string, { body, type }: Golden): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
  return { status: response.status, text: await response.text() };
}

function codeOf(text: string): unknown {
  return (JSON.parse(text) as Readonly<Record<string, unknown>>)["error_code"];
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("what mlflow models serve answers", () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-mlflow-serve-"));

  beforeAll(async () => {
    await promisify(execFile)(join(bin!, "python"), [join(here, "make-models.py"), folder, ...models]);
    for (const name of models) {
      const args = ["deploy", join(folder, name), "--name", name, "--runtime", "python"];
      const { code, stderr } = await runCli(args, { url: server.url, timeoutMs: 300_000 });
      expect(code, stderr).toBe(0);
    }
  }, 900_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("at least 180 requests are on record, and every difference is one of them", () => {
    expect(goldens.length).toBeGreaterThanOrEqual(180);
    const titles = goldens.map(({ model, title }) => `${model}: ${title}`);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toEqual(expect.arrayContaining(Object.keys(differences)));
  });

  describe.each(models)("%s", (model) => {
    const asked = goldens.filter((golden) => golden.model === model);
    const url = () => `${server.url}/endpoints/${model}/invocations`;

    test.each(asked)("$title", async (golden) => {
      const difference = differences[`${model}: ${golden.title}`];
      const ours = await ask(url(), golden);
      expect(ours.status, ours.text).toBe(difference?.status ?? golden.status);
      if (difference !== undefined) {
        if (difference.answer !== undefined) expectSame(JSON.parse(ours.text), difference.answer);
      } else if (golden.answer !== undefined) expectSame(JSON.parse(ours.text), parseTheirs(golden.answer));
      else expect(codeOf(ours.text), ours.text).toBe(golden.code);
    });

    test.runIf(whole)(
      "the real one still answers as it did",
      async () => {
        const mlflow = await startMlflow(bin!, join(folder, model), 240_000);
        try {
          for (const golden of asked) {
            const theirs = await ask(`${mlflow.url}/invocations`, golden);
            expect(theirs.status, `${golden.title}: ${theirs.text}`).toBe(golden.status);
            if (golden.answer !== undefined) expectSame(parseTheirs(theirs.text), parseTheirs(golden.answer));
          }
        } finally {
          mlflow.stop();
        }
      },
      300_000,
    );
  });
});
