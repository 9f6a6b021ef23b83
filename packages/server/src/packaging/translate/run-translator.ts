import { SlipwayError } from "@slipway/contract";
import { startGuarded, type PythonProgram, type Signature } from "@slipway/runtime";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toModelEnvironment } from "../../platform/process/index.ts";
import type { ModelHints } from "./edge-values.ts";

export interface TranslatorRequest {
  readonly python: string;
  readonly pythonFolder: string;
  readonly folder: string;
  readonly program: PythonProgram;
  readonly signature: Signature;
  /** Below it, the translator's own files. */
  readonly workFolder: string;
  readonly timeMs: number;
  readonly signal?: AbortSignal;
}

/** One way to translate; which one is faithful, the proof tells. */
export interface TranslatedWay {
  /** Absolute. */
  readonly path: string;
  readonly inputs: readonly { readonly name: string; readonly datatype: string; readonly columns: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly from: string }[];
}

export interface TranslatorAnswer extends ModelHints {
  readonly ways: readonly TranslatedWay[];
  readonly missingText: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** Translates in a process of the throw-away environment: the model's file may run code. The text: why it cannot be. */
export async function runTranslator(request: TranslatorRequest): Promise<TranslatorAnswer | string> {
  const { python, pythonFolder, program, workFolder, signal } = request;
  const [asked, answered] = [join(workFolder, "request.json"), join(workFolder, "answer.json")];
  const { flavor, path, options } = program;
  const setup = { folder: request.folder, threads: 1, device: "cpu", model: { flavor, path, options } };
  await writeFile(asked, JSON.stringify({ ...setup, signature: request.signature, target: join(workFolder, "way") }));
  const limit = AbortSignal.timeout(request.timeMs);
  const child = startGuarded({
    command: [python, "-s", "-B", "-m", "slipway.translate", asked, answered],
    environment: { OMP_NUM_THREADS: "1", ...toModelEnvironment(program), HOME: workFolder, TMPDIR: workFolder },
    folder: pythonFolder,
    socket: false,
  });
  const kill = () => child.kill();
  for (const each of [limit, signal]) each?.addEventListener("abort", kill, { once: true });
  child.stdout.resume();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4096)));
  const how = await new Promise<string>((resolve) => child.onEnd(resolve));
  signal?.removeEventListener("abort", kill);
  if (signal?.aborted) throw new SlipwayError("cancelled", "The translation to ONNX was cancelled.");
  if (limit.aborted) return `Translating it took longer than ${request.timeMs / 1000} s.`;
  const text = await readFile(answered, "utf8").catch(() => null);
  if (text === null) return `The translator failed: ${said.trim().split("\n").at(-1) || how}.`;
  const answer = JSON.parse(text) as { reason: string } | (TranslatorAnswer & { missing_text: string });
  return "reason" in answer ? answer.reason : { ...answer, missingText: answer.missing_text };
}
