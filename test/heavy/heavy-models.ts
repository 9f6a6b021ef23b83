import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import type { Signature } from "../../packages/runtime/src/index.ts";
import { describePython, toRows, toSignature, toTensors, type Columns } from "../interop/frameworks/ask-model.ts";
import { needs } from "../lib/needs.ts";
import { findPythonEnvironment } from "../lib/python-environment.ts";

interface Case {
  readonly flavor: string;
  readonly path: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Where the model does not say. */
  readonly declared?: Signature["inputs"];
  readonly ask: Columns;
  readonly expected: Columns;
  /** It does not open, and this is said. */
  readonly refused?: string;
}

/** Tests of the models that a folder's make-models.py makes: each answers as its framework does in that script. */
export async function testHeavyModels(name: string, titles: readonly string[]): Promise<void> {
  const here = join(root, "test/heavy", name);
  const bin = await findPythonEnvironment(join(here, "requirements.txt"));
  const what = `a Python 3.11 with the packages of test/heavy/${name}/requirements.txt`;
  describe.skipIf(!needs(what, bin !== null, { inCi: "optional" }))(`models of ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-heavy-"));
    let cases: Readonly<Record<string, Case>>;
    beforeAll(async () => {
      await promisify(execFile)(join(bin!, "python"), [join(here, "make-models.py"), folder]);
      cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Record<string, Case>;
    }, 300_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("all of them are tried", () => expect(Object.keys(cases).toSorted()).toEqual(titles.toSorted()));

    test.each(titles)("%s", (title) => tryModel(bin!, folder, cases[title]!), 120_000);
  });
}

async function tryModel(
  bin: string,
  folder: string,
  { refused, declared, ask, expected, ...one }: Case,
): Promise<void> {
  const opening = describePython({ bin, folder, ...one });
  if (refused !== undefined) {
    await expect(opening).rejects.toMatchObject({ code: "invalid_model", message: expect.stringContaining(refused) });
    return;
  }
  const model = await opening;
  try {
    const signature = toSignature(model.report, declared);
    const replica = await model.open(signature);
    const answers = await replica.run(toTensors(signature, ask));
    expect(Object.fromEntries(answers.map((answer) => [answer.name, toRows(answer)]))).toEqual(expected);
    for (const output of model.report.outputs ?? [])
      expect(answers.find((answer) => answer.name === output.name)).toMatchObject({ datatype: output.datatype });
  } finally {
    await model.close();
  }
}
