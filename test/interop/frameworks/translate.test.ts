import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { SlipwayError } from "@slipway/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adaptRuntime,
  createThreadRuntime,
  packColumns,
  recordsToTensors,
  tensorsToPredictions,
  type OnnxAdapter,
  type Replica,
  type Signature,
} from "../../../packages/runtime/src/index.ts";
import { systemClock } from "../../../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../../../packages/server/src/kernel/logger.ts";
import { translate } from "../../../packages/server/src/packaging/translate/index.ts";
import { createLake } from "../../../packages/server/src/platform/lake/index.ts";
import { createChildRunner } from "../../../packages/server/src/platform/process/index.ts";
import { root } from "../../../tools/layer-list.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { describePython, program, toSignature } from "./ask-model.ts";

const here = join(root, "test/interop/frameworks");
const bin = await findPythonEnvironment(join(here, "requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";
const run = promisify(execFile);

interface Case {
  readonly path: string;
  readonly input: { readonly name: string; readonly datatype: "FP64" | "FP32"; readonly columns: readonly number[] };
  readonly outputs: readonly { readonly name: string; readonly from: string }[];
  readonly rows: readonly (readonly (number | null)[])[];
  readonly expected: Readonly<Record<string, readonly (number | string)[]>>;
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("translations to ONNX", { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-translate-"));
  const lake = createLake({
    memoryBytes: 2 ** 29,
    threads: 1,
    idleMs: 6e4,
    clock: systemClock,
    logger: silentLogger,
  });
  beforeAll(async () => {
    const python = join(bin!, "python");
    const env = { ...process.env, OMP_NUM_THREADS: "1" };
    await Promise.all([
      run(python, [join(here, "make-translatable.py"), folder, "forest", "pipeline", "own-function"], { env }),
      run(python, [join(here, "translate-many.py"), folder], { env }),
    ]);
  }, 180_000);
  afterAll(async () => {
    for (const each of opened.values()) await (await each).close();
    await lake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const deps = (python = `${bin}/python`) => ({
    children: createChildRunner({ clock: systemClock }),
    lake,
    overlay: async () => ({ python, release: async () => {} }),
    pythonFolder: program,
    probeLimits: { timeMs: 60_000, memoryBytes: 2 ** 31, heapBytes: 2 ** 29 },
  });

  const opened = new Map<string, ReturnType<typeof start>>();

  /** The original, opened once, and what is asked of `translate` about it. */
  function open(name: string, sample: string) {
    const known = opened.get(name) ?? start(name, sample);
    opened.set(name, known);
    return known;
  }

  async function start(name: string, sample: string) {
    const files = { folder: join(folder, name), path: "model.joblib" };
    const model = await describePython({ bin: bin!, ...files, flavor: "sklearn" });
    const signature = { ...toSignature(model.report), outputs: model.report.outputs as Signature["outputs"] };
    const original = await model.open(signature);
    const request = {
      folder: files.folder,
      lock: "",
      signature,
      sample,
      program: {
        kind: "python",
        flavor: "sklearn",
        path: files.path,
        options: {},
        lock: "",
        variables: {},
        secrets: [],
      },
      openOriginal: async (): Promise<Replica> => ({
        run: (inputs) => original.run(inputs),
        close: async () => {},
      }),
    } as const;
    return { request, original, signature, close: () => model.close() };
  }

  async function ask(replica: Replica, signature: Signature, records: readonly object[]) {
    const { tensors } = recordsToTensors(signature, records, { extraFields: new Set() });
    return tensorsToPredictions(signature, await replica.run(packColumns(signature, tensors)), records.length);
  }

  test("of trees of every library answer as the originals do, also where a tree decides", async () => {
    const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Record<string, Case>;
    expect(Object.keys(cases).length).toBeGreaterThan(25);
    for (const [name, { path, input, outputs, rows, expected }] of Object.entries(cases)) {
      const inner: Signature = {
        inputs: [
          {
            ...input,
            shape: [-1, 4],
            nullable: true,
          },
        ],
        outputs: outputs.map(({ from }) => ({
          name: from,
          datatype: "FP64",
          shape: [-1],
        })),
        packed: null,
        batched: true,
      };
      const replica = await createThreadRuntime().open({ folder, path: basename(path) }, inner, { threads: 1 });
      const values = rows.flat().map((value) => value ?? NaN);
      const data = input.datatype === "FP32" ? Float32Array.from(values) : Float64Array.from(values);
      const answers = await replica.run([{ ...input, shape: [rows.length, 4], data }]);
      await replica.close();
      for (const [i, output] of outputs.entries()) {
        const wanted = expected[output.name]!;
        const got = [...(answers[i]!.data as Iterable<unknown>)];
        if (output.name === "label") {
          expect(got.map(String), name).toEqual(
            wanted.map((value) => String(value).replace(/^(True|False)$/, toDigit)),
          );
          continue;
        }
        // Singles are told apart by seven digits, and so are the sums of trees with several answers in each leaf.
        const digits = input.datatype === "FP32" || /two answers|shallow|decision tree/.test(name) ? 1e-6 : 1e-13;
        const worst = Math.max(...got.map((value, k) => distance(Number(value), Number(wanted[k]))));
        expect(worst, `${name}: ${output.name}`).toBeLessThan(digits);
      }
    }
  });

  test("of a pipeline with texts and missing values is proven, and refuses what the original refuses", async () => {
    const { request, original, signature } = await open("pipeline", "training/sample.csv");
    const outcome = await translate(deps(), request);
    if (outcome.kind !== "proven") throw new Error(outcome.reason);
    expect(outcome.translation).toMatchObject({ outcome: "proven", packages: { skl2onnx: "1.20.0" } });
    expect(outcome.translation.rows).toBeGreaterThan(1800);
    expect(outcome.translation.originalMs).toBeGreaterThan(outcome.translation.translatedMs!);
    expect(outcome.adapter.refused["heating"]).toEqual({ missing: true, others: ["district heating", "gas", "wood"] });
    const runtime = adaptRuntime(createThreadRuntime(), JSON.parse(JSON.stringify(outcome.adapter)) as OnnxAdapter);
    const replica = await runtime.open({ folder: request.folder, path: outcome.file }, signature, { threads: 1 });
    const home = { area: 70, rooms: 3, district: "old town", heating: "gas", lift: 1 };
    const homes = [home, { ...home, district: null }, { ...home, rooms: null, district: "elsewhere" }];
    const [got, wanted] = [await ask(replica, signature, homes), await ask(original, signature, homes)];
    expect(JSON.stringify(round(got))).toBe(JSON.stringify(round(wanted)));
    for (const bad of [{ heating: "coal" }, { heating: null }]) {
      await expect(ask(original, signature, [{ ...home, ...bad }])).rejects.toThrow();
      await expect(ask(replica, signature, [{ ...home, ...bad }])).rejects.toMatchObject({ code: "invalid_input" });
    }
    await replica.close();
    expect(readdirSync(request.folder).filter((file) => file.startsWith(".slipway-translate-"))).toEqual([]);
  });

  test("of a model that dies of a made-up row are refused, and nothing more", async () => {
    const { request, original } = await open("forest", "training/sample.parquet");
    let ready = true;
    const mortal: Replica = {
      get ready() {
        return ready;
      },
      async run(inputs) {
        ready = [...(inputs[0]!.data as Float64Array)].every((value) => Number.isFinite(value));
        if (ready) return original.run(inputs);
        throw new SlipwayError("model_failed", "The process of the model ended.");
      },
      close: async () => {},
    };
    const outcome = await translate(deps(), { ...request, openOriginal: async () => mortal });
    expect(outcome.translation.reason).toMatch(/^The original cannot be asked about made-up rows: .*ended/);
  });

  test("that decide otherwise are refused, with the row", async () => {
    const { request } = await open("forest", "training/sample.parquet");
    const python = join(folder, "tampering");
    const lines = [
      `"${bin}/python" "$@"`,
      `for answer; do :; done`,
      `exec "${bin}/python" "${here}/tamper.py" "$answer"`,
    ];
    writeFileSync(python, `#!/bin/sh\n${lines.join("\n")}\n`);
    chmodSync(python, 0o755);
    const outcome = await translate(deps(python), request);
    expect(outcome).toMatchObject({ kind: "refused", translation: { outcome: "refused" } });
    expect(outcome.translation.reason).toMatch(
      /^The translation answers otherwise: of \d+ rows, \d+ answers? differs? by more than 0\.000001 \+ 0\.00001 .*in the original.*translated, for length /,
    );
    expect(existsSync(join(request.folder, ".slipway-translated.onnx"))).toBe(false);
  });

  test("are refused where there is no sample, and where nobody knows how", async () => {
    const none = { folder, lock: "", sample: null } as const;
    const { signature, request } = await open("own-function", "training/sample.parquet");
    const without = await translate(deps(), { ...request, ...none });
    expect(without.translation.reason).toMatch(/^There is no training sample to prove a translation with: add/);
    const own = await translate(deps(), request);
    expect(own.translation.reason).toMatch(/^skl2onnx could not translate it: FunctionTransformer/);
    const broken = await translate(deps(), { ...request, signature: { ...signature, batched: false } });
    expect(broken.translation.reason).toMatch(/one row a run/);
    const overlay = () => Promise.reject(new SlipwayError("invalid_model", "onnx needs numpy>=1.23."));
    const old = await translate({ ...deps(), overlay }, request);
    expect(old.translation.reason).toBe(
      "The translators do not fit beside the model's packages: onnx needs numpy>=1.23.",
    );
  });
});

function toDigit(word: string): string {
  return word === "True" ? "1" : "0";
}

function distance(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b));
}

/** To twelve digits. */
function round(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) => (typeof each === "number" ? each.toPrecision(12) : each)),
  );
}
