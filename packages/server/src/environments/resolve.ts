import { SlipwayError } from "@slipway/contract";
import { compileLock, type Compiled } from "./compile-lock.ts";
import type { Watch } from "./environment.ts";
import type { Interpreter } from "./interpreters.ts";
import type { Layout } from "./layout.ts";
import { listLocked, toLock, type Lock } from "./lock.ts";
import { isWheelRequirement, keepWheel, pinWheels, type KeptWheel } from "./model-wheels.ts";
import { parsePythonRange, type PythonRange } from "./python-range.ts";
import type { RequirePython } from "./require-python.ts";
import type { Uv } from "./uv.ts";

export interface ResolveRequest extends Watch {
  /** As pip writes them: "scikit-learn==1.5.2", "./wheels/ours-1.0-py3-none-any.whl". */
  readonly requirements: readonly string[];
  /** Versions that hold where something needs the package. */
  readonly constraints?: readonly string[] | undefined;
  /** "3.11", "3.11.7" or ">=3.10,<3.13"; null: whatever suits. */
  readonly python: string | null;
  /** The model's folder, where requirements name wheels in it. */
  readonly folder?: string | undefined;
}

export interface ResolveDeps {
  readonly layout: Layout;
  readonly uv: Uv;
  readonly pythons: RequirePython;
}

type Attempt = Omit<ResolveRequest, "requirements"> & {
  readonly requirements: readonly string[];
  readonly wheels: readonly KeptWheel[];
};

/** Reasons for which another Python may be the remedy. */
const aboutPython = /wheel|Requires-Python|Python[ >=<]/i;
const aboutSources = /no usable wheels|no wheels|source distribution|building from source is disabled/i;

/** @throws SlipwayError `invalid_model`, `invalid_manifest`, `precondition_failed` */
export async function resolveLock(deps: ResolveDeps, request: ResolveRequest): Promise<Lock> {
  for (const each of request.requirements) checkRequirement(each);
  const named = request.requirements.filter(isWheelRequirement);
  const wheels: KeptWheel[] = [];
  for (const each of named) wheels.push(await keepWheel(deps.layout, request.folder, each));
  const requirements = request.requirements.filter((each) => !isWheelRequirement(each));
  const range = parsePythonRange(request.python);
  const first = await deps.pythons.require(range, request);
  request.onProgress?.(
    `resolving ${count(request.requirements.length, "requirement")} for Python ${first.version.join(".")}`,
  );
  return attempt(deps, { ...request, requirements, wheels }, { range, first });
}

/** With wheels for the Python that suits best, for other Pythons that the range takes; then from source. */
async function attempt(
  deps: ResolveDeps,
  request: Attempt,
  { range, first }: { readonly range: PythonRange; readonly first: Interpreter },
): Promise<Lock> {
  const tryWith = (interpreter: Interpreter, sources: boolean) =>
    compileLock(deps, { ...request, constraints: request.constraints ?? [], interpreter, sources });
  const found = await tryWith(first, false);
  if (found.kind === "resolved") return finish(request, { found, interpreter: first, sources: false });
  if (aboutPython.test(found.reason)) {
    const others = (await deps.pythons.list(range)).filter(({ minor }) => minor !== first.minor);
    for (const interpreter of others) {
      const other = await tryWith(interpreter, false);
      if (other.kind !== "resolved") continue;
      request.onProgress?.(`Python ${first.minor} does not suit these requirements; Python ${interpreter.minor} does`);
      return finish(request, { found: other, interpreter, sources: false });
    }
  }
  if (aboutSources.test(found.reason)) {
    request.onProgress?.("not everything comes as a wheel: looking for what can be built from source");
    const built = await tryWith(first, true);
    if (built.kind === "resolved") return finish(request, { found: built, interpreter: first, sources: true });
  }
  throw unsolvable(found.reason, first);
}

function finish(
  request: Attempt,
  given: {
    readonly found: Extract<Compiled, { kind: "resolved" }>;
    readonly interpreter: Interpreter;
    readonly sources: boolean;
  },
): Lock {
  const resolved = pinWheels(given.found.text, request.wheels);
  const wheels = request.wheels.map(({ sha256, path }) => ({ sha256, path }));
  const lock = toLock({ python: given.interpreter.minor, resolved, wheels, sources: given.sources, over: null });
  request.onProgress?.(`resolved to ${count(listLocked(lock).length, "package")}`);
  return lock;
}

function unsolvable(reason: string, { minor }: Interpreter): SlipwayError {
  return new SlipwayError(
    "invalid_model",
    `The requirements of the model cannot be met with Python ${minor}: ${reason} Change them in slipway.yaml (model.environment.requirements), or name another Python there (model.environment.python).`,
    { reason },
  );
}

/** What must not reach uv: options, and places that nobody could go back to next year. */
function checkRequirement(text: string): void {
  const refuse = (why: string) => new SlipwayError("invalid_model", `The requirement ${JSON.stringify(text)} ${why}`);
  if (/[\n\r]/.test(text) || text.trim() === "") throw refuse("is no requirement: write one a line.");
  if (text.includes("${")) throw refuse("names a variable, which nobody but this server would know.");
  if (text.startsWith("-")) throw refuse("is an option of pip, which has no place here: write packages and versions.");
  if (/(^|\s|@)[a-z0-9+.-]+:\/\//i.test(text) || /^[^;]*@\s*\S*[\\/]/.test(text))
    throw refuse(
      "names an address in place of a version. Build a wheel of it, put it into the model's folder and name the file.",
    );
  if (!isWheelRequirement(text) && /^[.~]?[\\/]|^\.{1,2}$/.test(text))
    throw refuse("names a folder. Build a wheel of it, put it into the model's folder and name the file.");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
