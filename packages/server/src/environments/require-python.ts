import { SlipwayError } from "@slipway/contract";
import type { Watch } from "./environment.ts";
import { explain } from "./compile-lock.ts";
import type { Interpreter, Interpreters } from "./interpreters.ts";
import { noPython } from "./no-python.ts";
import { minorOf, type PythonRange, type PythonVersion } from "./python-range.ts";
import type { Uv } from "./uv.ts";

export interface RequirePython extends Pick<Interpreters, "list"> {
  /** One that will do, fetched where the machine has none. @throws SlipwayError `precondition_failed` that says what is needed and where it was looked for */
  require(range: PythonRange, watch: Watch): Promise<Interpreter>;
}

export function createRequirePython({ interpreters, uv }: { interpreters: Interpreters; uv: Uv }): RequirePython {
  async function require(range: PythonRange, watch: Watch): Promise<Interpreter> {
    const found = await interpreters.find(range);
    if (found) return found;
    if (isTooOld(range)) throw tooOld(range);
    // uv comes by way of a Python: without any, there is nothing to fetch another one with.
    const newest = newestIn(range);
    const any = await interpreters.find({
      text: null,
      best: null,
      takes: ([major, minor]) => major === 3 && minor >= 8,
    });
    if (any === null || newest === null) throw await noPython({ interpreters, wanted: range.text, tried: null });
    watch.onProgress?.(`fetching Python ${newest}, which this machine does not have`);
    const end = await uv.run({ ...watch, args: ["python", "install", newest, "--no-bin"] });
    const fetched = end.code === 0 ? await interpreters.find(range) : null;
    if (fetched) return fetched;
    const tried = end.code === 0 ? "it does not run here." : explain(end);
    throw await noPython({ interpreters, wanted: range.text, tried });
  }
  return { require, list: interpreters.list };
}

/** The one that is named is none that a model's process runs on. */
function isTooOld({ text }: PythonRange): boolean {
  const [, major, minor] = /^(?:==)?(\d+)(?:\.(\d+))?(?:\.|$)/.exec(text ?? "") ?? [];
  return major !== undefined && (Number(major) < 3 || (major === "3" && minor !== undefined && Number(minor) < 8));
}

function tooOld({ text }: PythonRange): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `Python ${text} is asked for, and models run on Python 3.8 and later. Train the model on a later one, or try one: name it in slipway.yaml (model.environment.python).`,
    { python: text },
  );
}

/** What to fetch: the best, or the newest that the range takes among those that packages are made for. */
function newestIn(range: PythonRange): string | null {
  if (range.best !== null) return range.best.join(".");
  if (range.text !== null && /^\d+\.\d+$/.test(range.text)) return range.text;
  const known = [13, 12, 11, 10, 9, 8, 14].map((minor): PythonVersion => [3, minor, 0]);
  const fitting = known.find((version) => range.takes(version));
  return fitting === undefined ? null : minorOf(fitting);
}
