import { SlipwayError } from "@slipway/contract";

/** major, minor, patch. */
export type PythonVersion = readonly [number, number, number];

export interface PythonRange {
  /** As it was asked for; null: any will do. */
  readonly text: string | null;
  /** Whether a Python of this release will do. The patch never decides: it changes nothing that packages depend on. */
  takes(version: PythonVersion): boolean;
  /** Exactly this is best. */
  readonly best: PythonVersion | null;
}

/** What the tools of packages still run on. */
const oldest: PythonVersion = [3, 8, 0];
const clausePattern = /^(==|>=|<=|~=|!=|>|<|)\s*(\d+)(?:\.(\d+))?(?:\.(\d+|\*))?$/;

type Clause = (version: PythonVersion) => boolean;

/** "3.11", "3.11.7", ">=3.10", ">=3.10,<3.13", "==3.11.*", "~=3.10". @throws SlipwayError `invalid_manifest` */
export function parsePythonRange(text: string | null): PythonRange {
  if (text === null) return { text, takes: isCarried, best: null };
  const clauses: Clause[] = [];
  let best: PythonVersion | null = null;
  for (const part of text.split(",").map((each) => each.trim())) {
    const found = clausePattern.exec(part);
    if (!found) throw noRange(text);
    const [, operator = "", major = "", minor, patch] = found;
    if (minor === undefined && operator !== ">=" && operator !== "<" && major !== "3") throw noRange(text);
    const version: PythonVersion = [Number(major), Number(minor ?? 0), Number(patch === "*" ? 0 : (patch ?? 0))];
    clauses.push(toClause(operator, version, minor !== undefined));
    if ((operator === "" || operator === "==") && patch !== undefined && patch !== "*") best = version;
  }
  return { text, takes: (version) => isCarried(version) && clauses.every((holds) => holds(version)), best };
}

function toClause(operator: string, version: PythonVersion, hasMinor: boolean): Clause {
  const compare = (other: PythonVersion) => other[0] - version[0] || other[1] - version[1];
  switch (operator) {
    case ">=":
      return (other) => compare(other) >= 0;
    case ">":
      return (other) => compare(other) > 0 || (compare(other) === 0 && version[2] > 0);
    case "<=":
      return (other) => compare(other) <= 0;
    case "<":
      return (other) => compare(other) < 0 || (compare(other) === 0 && version[2] > 0);
    case "!=":
      return (other) => compare(other) !== 0 || version[2] > 0;
    case "~=":
      return version[2] > 0
        ? (other) => compare(other) === 0
        : (other) => other[0] === version[0] && compare(other) >= 0;
    default:
      return hasMinor ? (other) => compare(other) === 0 : (other) => other[0] === version[0];
  }
}

function isCarried(version: PythonVersion): boolean {
  return version[0] === oldest[0] && version[1] >= oldest[1];
}

function noRange(text: string): SlipwayError {
  return new SlipwayError(
    "invalid_manifest",
    `${JSON.stringify(text)} is no version of Python. Write one such as "3.11" or ">=3.10,<3.13".`,
    { python: text },
  );
}

export function parsePythonVersion(text: string): PythonVersion | null {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  return found && [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** "3.11" */
export function minorOf([major, minor]: PythonVersion): string {
  return `${major}.${minor}`;
}
