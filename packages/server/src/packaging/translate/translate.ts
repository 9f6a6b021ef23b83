import { SlipwayError } from "@slipway/contract";
import {
  adaptRuntime,
  choosePlacement,
  createProcessRuntime,
  onnxModelCommand,
  type OnnxAdapter,
  type ProbeReport,
  type Replica,
} from "@slipway/runtime";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { minimalEnvironment } from "../../platform/process/index.ts";
import { probeModel } from "../probe-model.ts";
import { askOriginal, type Asked } from "./ask-original.ts";
import { compareRows, type Comparison } from "./compare-rows.ts";
import { checkExamples } from "./check-examples.ts";
import { learnRefusals } from "./learn-refusals.ts";
import { measureGain, type Gain } from "./measure-gain.ts";
import { prepareSample, noSample, type ProofRows } from "./prepare-sample.ts";
import { runTranslator, type TranslatedWay, type TranslatorAnswer } from "./run-translator.ts";
import { toAdapter } from "./to-adapter.ts";
import { toProven, toRefused } from "./to-outcome.ts";
import { listTranslators } from "./translators.ts";
import {
  fewestSampleRows,
  translatedFile,
  translationTolerance,
  type TranslateDeps,
  type TranslateOutcome,
  type TranslateRequest,
} from "./types.ts";

/** How long the original may be asked about the sample, beyond the rows that a proof takes at least. */
const askBudgetMs = 60_000;
const translateMs = 300_000;

/**
 * Translates a Python model to ONNX and proves that the translation answers as the original does, before anything serves it.
 * What cannot be translated or proven is no error: the outcome says why.
 * @throws SlipwayError `cancelled`, and what `openOriginal` throws
 */
export async function translate(deps: TranslateDeps, request: TranslateRequest): Promise<TranslateOutcome> {
  const { signature, sample, folder } = request;
  if (sample === null || deps.lake === null) return toRefused(noSample);
  if (deps.overlay === null) return toRefused("There is no environment to translate in.");
  if (!signature.batched) return toRefused("It takes one row a run, and a translation would not tell rows apart.");
  const workFolder = await mkdtemp(join(folder, ".slipway-translate-"));
  try {
    const answer = await makeWays(deps, request, workFolder);
    if (typeof answer === "string") return toRefused(answer);
    const rows = await prepareSample(deps, request, { hints: answer, workFolder });
    if (typeof rows === "string") return toRefused(rows, answer.packages);
    const original = await request.openOriginal();
    try {
      return await proveWays(deps, request, { answer, rows, original, workFolder });
    } catch (error) {
      request.signal?.throwIfAborted();
      // It died of a row, or was ended because it went on for ever: whoever deploys gets the original all the same.
      if (!SlipwayError.is(error) || !["model_failed", "not_ready"].includes(error.code)) throw error;
      return toRefused(`The original cannot be asked about made-up rows: ${error.message}`, answer.packages);
    } finally {
      await original.close();
    }
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function makeWays(
  { overlay, pythonFolder }: TranslateDeps,
  request: TranslateRequest,
  workFolder: string,
): Promise<TranslatorAnswer | string> {
  const { folder, program, signature, signal, onProgress } = request;
  const optional = { ...(signal && { signal }) };
  onProgress?.("making an environment to translate it to ONNX");
  const watch = onProgress && { onProgress };
  try {
    const made = await overlay!({ requirements: listTranslators(request.lock), ...watch, ...optional });
    try {
      onProgress?.("translating it to ONNX");
      const given = { python: made.python, pythonFolder, folder, program, signature, workFolder };
      return await runTranslator({ ...given, timeMs: translateMs, ...optional });
    } finally {
      await made.release();
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!SlipwayError.is(error) || error.code === "cancelled" || error.code === "internal") throw error;
    return `The translators do not fit beside the model's packages: ${error.message}`;
  }
}

interface Proving {
  readonly answer: TranslatorAnswer;
  readonly rows: ProofRows;
  readonly original: Replica;
  readonly workFolder: string;
}

async function proveWays(deps: TranslateDeps, request: TranslateRequest, proving: Proving): Promise<TranslateOutcome> {
  const { answer, rows, original } = proving;
  const asked = await askAll(request, proving);
  const known = { ...rows, known: answer.known, signature: request.signature, refused: new Set(asked.refused) };
  const refused = await learnRefusals(original, known);
  let reason = "There was nothing to compare.";
  let worst: Comparison["report"]["worst"] = null;
  for (const way of answer.ways) {
    const adapter = toAdapter(way, { signature: request.signature, missingText: answer.missingText, refused });
    request.onProgress?.("proving the translation");
    const tried = await proveWay(deps, request, { ...proving, way, adapter, asked }).catch((error: unknown) => {
      request.signal?.throwIfAborted();
      if (!SlipwayError.is(error)) throw error;
      return `The translation does not run: ${error.message}`;
    });
    if (typeof tried === "string") reason = tried;
    else if (tried.comparison.trouble !== null)
      [reason, worst] = [tried.comparison.trouble, tried.comparison.report.worst];
    else {
      await copyFile(way.path, join(request.folder, translatedFile));
      const { report, gain, comparison } = tried;
      const proof = { adapter, report, gain, parity: comparison.report, sampleRows: rows.rows };
      return toProven(proof, { refused: asked.refused.length, packages: answer.packages });
    }
  }
  return toRefused(reason, answer.packages, { rows: asked.answered.length, worst });
}

async function askAll({ signal, onProgress }: TranslateRequest, { rows, original }: Proving): Promise<Asked> {
  onProgress?.(`asking the original about ${rows.inputs[0]!.shape[0]!} rows`);
  const alone = new Set(rows.edges.filter(({ kind }) => kind !== "plain").map(({ row }) => row));
  return askOriginal(original, rows.inputs, {
    alone,
    from: rows.rows,
    atLeast: fewestSampleRows,
    budgetMs: askBudgetMs,
    ...(signal && { signal }),
  });
}

interface Way extends Proving {
  readonly way: TranslatedWay;
  readonly adapter: OnnxAdapter;
  readonly asked: Asked;
}

interface Tried {
  readonly report: ProbeReport;
  readonly comparison: Comparison;
  readonly gain: Gain;
}

async function proveWay(
  { children, probeLimits }: TranslateDeps,
  request: TranslateRequest,
  { way, adapter, asked, rows, original, workFolder }: Way,
): Promise<Tried> {
  const { signature, tolerance = translationTolerance, signal } = request;
  const path = basename(way.path);
  const optional = { ...(signal && { signal }) };
  const probe = {
    folder: workFolder,
    path,
    rewriteTo: `${path}.rewritten`,
    ranges: {},
    columnRanges: [],
    budgetMs: 300,
  };
  const report = await probeModel(children, { request: probe, limits: probeLimits, ...optional });
  const onnx = createProcessRuntime({ command: onnxModelCommand(), environment: minimalEnvironment() });
  const runtime = adaptRuntime(onnx, adapter);
  const translated = await runtime.open({ folder: workFolder, path }, signature, { threads: 1, ...optional });
  try {
    const compared = { signature, inputs: rows.inputs, asked, tolerance, ...optional };
    const comparison = await compareRows(translated, compared);
    const trouble = comparison.trouble ?? (await checkExamples(translated, request));
    const gain = await measureGain(original, translated, { inputs: rows.inputs, rows: asked.answered.slice(0, 100) });
    return { report, comparison: { ...comparison, trouble }, gain: toServed(gain, report) };
  } finally {
    await translated.close();
  }
}

/** It was timed in a process; what will serve in the server's own thread needs no way there and back. */
function toServed(gain: Gain, report: ProbeReport): Gain {
  if (choosePlacement(report) !== "thread" || report.runs === null) return gain;
  return { ...gain, translatedMs: Math.min(gain.translatedMs, report.runs.p50Ms) };
}
