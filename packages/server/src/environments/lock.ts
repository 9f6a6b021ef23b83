import { createHash } from "node:crypto";
import { SlipwayError } from "@slipway/contract";

/** Everything that a Python environment consists of. */
export interface Lock {
  /** pip's format with a hash for each file that may be taken; the first two lines are Slipway's. */
  readonly text: string;
  /** SHA-256 of the text in hex. */
  readonly hash: string;
  /** The Python that it was resolved for: "3.11". */
  readonly python: string;
}

export interface LockedPackage {
  /** As the index spells it: lower case, "-" between the words. */
  readonly name: string;
  readonly version: string;
}

const firstLine = "# slipway-lock 1";
const pythonLine = /^# python (\d+\.\d+)$/;
const wheelLine = /^# wheel (.+)$/;
const packageLine = /^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s\\;]+)/;

/** @throws SlipwayError `invalid_model` where the text is no lock that this Slipway can read */
export function parseLock(text: string): Lock {
  const [first, second = ""] = text.split("\n", 2);
  const python = pythonLine.exec(second)?.[1];
  if (first !== firstLine || python === undefined)
    throw new SlipwayError(
      "invalid_model",
      /^# slipway-lock \d+$/.test(first ?? "")
        ? "The lock of the Python environment was written by a newer Slipway. Update this one, or deploy the model again."
        : `The lock of the Python environment is damaged: it does not begin with "${firstLine}" and the version of Python. Deploy the model again.`,
    );
  return { text, hash: createHash("sha256").update(text).digest("hex"), python };
}

/** The lock with what uv has resolved, and the wheels among the model's files that it needs, relative to the model's folder. */
export function toLock(given: { python: string; resolved: string; wheels: readonly string[] }): Lock {
  const head = [firstLine, `# python ${given.python}`, ...given.wheels.toSorted().map((path) => `# wheel ${path}`)];
  const lines = given.resolved.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return parseLock(`${[...head, ...lines].join("\n")}\n`);
}

/** In the order of the lock. */
export function listLocked({ text }: Lock): readonly LockedPackage[] {
  return text.split("\n").flatMap((line) => {
    const found = packageLine.exec(line);
    return found ? [{ name: normalName(found[1]!), version: found[2]! }] : [];
  });
}

/** Files of the model, relative to its folder, without which the environment cannot be built for the first time. */
export function listWheels({ text }: Lock): readonly string[] {
  return text.split("\n").flatMap((line) => wheelLine.exec(line)?.[1] ?? []);
}

/** The name under which an index knows a distribution (PEP 503). */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
