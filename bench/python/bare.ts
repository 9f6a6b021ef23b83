import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../tools/layer-list.ts";
import { pinTo } from "../lib/pin.ts";
import { toQuestionJson } from "../serving/measure.ts";
import { toEnvironment } from "../serving/peers/peer.ts";
import { fromNamedOutputs, type Answer } from "../serving/question.ts";
import type { PythonWork } from "./works.ts";

/** What scikit-learn gives by itself, in a loop. */
export interface BareReport {
  /** At the rows of the question. */
  readonly rowsPerSecond: number;
  /** One run of the question as it is. */
  readonly runUs: number;
  readonly cpuUs: number;
  readonly bestBatch: number;
  readonly bestRowsPerSecond: number;
}

export interface BareOptions {
  readonly python: string;
  /** A folder for files. */
  readonly room: string;
}

const script = join(root, "bench/python/bare-run.py");

async function run(
  { pickle, questions }: PythonWork,
  { python, room }: BareOptions,
  seconds: number,
): Promise<unknown> {
  const file = join(room, "questions.json");
  writeFileSync(file, `[${questions.map(toQuestionJson).join(",")}]`);
  const [command, ...words] = [...pinTo(0), python, script, file, String(seconds)];
  // One core, one thread, as all that is measured here.
  const env = { ...process.env, ...toEnvironment({ name: "", model: pickle, batching: false, binary: false }) };
  const { stdout } = await promisify(execFile)(command, words, { env, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** scikit-learn's own answers to all questions: what every server's are compared with. */
export async function askBare(work: PythonWork, options: BareOptions): Promise<readonly Answer[]> {
  const answers = (await run(work, options, 0)) as readonly Record<string, unknown>[];
  return answers.map(fromNamedOutputs);
}

export async function measureBare(work: PythonWork, options: BareOptions & { seconds: number }): Promise<BareReport> {
  return (await run(work, options, options.seconds)) as BareReport;
}
