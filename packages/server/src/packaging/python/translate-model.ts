import { SlipwayError } from "@slipway/contract";
import {
  choosePlacement,
  createProcessRuntime,
  type ModelProgram,
  type Placement,
  type ProbeReport,
  type Signature,
} from "@slipway/runtime";
import type { InspectDeps, InspectJob } from "../inspect-job.ts";
import type { RewrittenFile } from "../packaged-model.ts";
import { toRewritten } from "../rewritten-file.ts";
import { translate, translatedFlavors } from "../translate/index.ts";
import { toleranceOf } from "./tolerance.ts";
import type { PythonModel } from "./python-model.ts";

/** What will serve: the original, or what was proven to answer as it does. */
export interface Translated {
  readonly program: ModelProgram;
  readonly placement: Placement;
  /** The file to open; null: that of the original. */
  readonly entry: string | null;
  readonly report: ProbeReport | null;
  readonly made: readonly RewrittenFile[];
  readonly notes: readonly string[];
}

/** Of the original on rows that nobody recorded: one of them may keep it for ever. */
const runLimitMs = 60_000;

/** Tries a translation where one is wanted. @throws SlipwayError `precondition_failed` where ONNX was asked for and is not to be had */
export async function translateModel(
  deps: InspectDeps,
  job: InspectJob,
  model: PythonModel & { readonly signature: Signature },
): Promise<Translated> {
  const { program, lock, environment, signature } = model;
  const { model: section, folder, signal, onProgress } = job;
  const runtime = section?.runtime ?? "auto";
  const stay = (reason: string, outcome: "refused" | "off"): Translated => ({
    program: { ...program, translation: { outcome, reason } },
    placement: "process",
    entry: null,
    report: null,
    made: [],
    notes: outcome === "off" ? [] : [`Python serves it: ${reason}`],
  });
  if (runtime === "python") return stay("Python was asked for.", "off");
  if (!translatedFlavors.has(program.flavor)) {
    if (runtime === "onnx") throw notOnnx(job.path, `there is no translation of ${program.flavor} models`);
    return stay(`There is no translation of ${program.flavor} models.`, "off");
  }
  const { environments, start, folder: pythonFolder } = deps.python!;
  const processRuntime = createProcessRuntime({
    ...start(program, { python: environment.python, threads: 1 }),
    model: { flavor: program.flavor, path: program.path, options: program.options },
  });
  const tolerance = toleranceOf(job);
  const options = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const outcome = await translate(
    {
      children: deps.children,
      lake: deps.lake,
      pythonFolder,
      probeLimits: deps.limits,
      overlay: ({ requirements, ...how }) => environments.overlay(lock, requirements, { ...how, folder }),
    },
    {
      folder,
      program,
      lock: lock.text,
      signature,
      sample: job.sample,
      ...options,
      ...(tolerance && { tolerance }),
      openOriginal: () =>
        processRuntime.open({ folder, path: program.path }, signature, { threads: 1, what: job.path, runLimitMs }),
    },
  );
  if (outcome.kind === "refused") {
    if (runtime === "onnx") throw notOnnx(job.path, outcome.reason.replace(/\.$/, ""));
    const kept = stay(outcome.reason, "refused");
    return { ...kept, program: { ...program, translation: outcome.translation } };
  }
  const { adapter, translation, report, file } = outcome;
  return {
    program: { kind: "onnx", adapter, original: program, translation },
    placement: choosePlacement(report),
    entry: file,
    report,
    made: [await toRewritten(folder, file)],
    notes: [`ONNX serves it: ${translation.reason}`],
  };
}

function notOnnx(file: string, reason: string): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `${file} cannot be served as ONNX: ${reason}. Leave the runtime to Slipway (auto), or say python.`,
    { file },
  );
}
