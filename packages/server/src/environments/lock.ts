import { createHash } from "node:crypto";
import { SlipwayError } from "@slipway/contract";

/** Everything that a Python environment consists of. */
export interface Lock {
  /** pip's format with a hash for each file that may be taken; the comments at its head are Slipway's. */
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

/** A wheel that came with the model. */
export interface ModelWheel {
  readonly sha256: string;
  /** Relative to the model's folder, with "/". */
  readonly path: string;
}

export interface LockContent {
  readonly python: string;
  /** What uv has resolved. */
  readonly resolved: string;
  readonly wheels: readonly ModelWheel[];
  /** Whether packages of which there is no wheel may be built from their source. */
  readonly sources: boolean;
  /** Folder name of the environment that it lies over; null where it stands alone. */
  readonly over: string | null;
}

const firstLine = "# slipway-lock 1";
const sourcesLine = "# builds from source";
const pythonLine = /^# python (\d+\.\d+)$/;
const overLine = /^# over ([0-9a-f-]+)$/m;
const wheelLine = /^# wheel ([0-9a-f]{64}) (.+)$/;
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

export function toLock({ python, resolved, wheels, sources, over }: LockContent): Lock {
  const head = [
    firstLine,
    `# python ${python}`,
    ...(over === null ? [] : [`# over ${over}`]),
    ...(sources ? [sourcesLine] : []),
    ...wheels.map(({ sha256, path }) => `# wheel ${sha256} ${path}`).toSorted(),
  ];
  const lines = resolved.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return parseLock(`${[...head, ...lines].join("\n")}\n`);
}

/** In the order of the lock. */
export function listLocked({ text }: Pick<Lock, "text">): readonly LockedPackage[] {
  return listBlocks(text).map(({ name, version }) => ({ name, version }));
}

export interface LockBlock extends LockedPackage {
  /** Its lines: the package and the hashes of its files. */
  readonly text: string;
}

/** What is locked, one package at a time. */
export function listBlocks(text: string): readonly LockBlock[] {
  const blocks: { name: string; version: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const found = packageLine.exec(line);
    if (found) blocks.push({ name: normalName(found[1]!), version: found[2]!, lines: [line] });
    else if (/^\s+\S/.test(line)) blocks.at(-1)?.lines.push(line);
  }
  return blocks.map(({ name, version, lines }) => ({ name, version, text: lines.join("\n") }));
}

export function listWheels({ text }: Lock): readonly ModelWheel[] {
  return text.split("\n").flatMap((line) => {
    const found = wheelLine.exec(line);
    return found ? [{ sha256: found[1]!, path: found[2]! }] : [];
  });
}

export function mayBuildSources({ text }: Lock): boolean {
  return text.includes(`\n${sourcesLine}\n`);
}

/** Folder name of the environment that the lock's lies over; null: it stands alone. */
export function findOver({ text }: Lock): string | null {
  return overLine.exec(text)?.[1] ?? null;
}

/** The name under which an index knows a distribution (PEP 503). */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
