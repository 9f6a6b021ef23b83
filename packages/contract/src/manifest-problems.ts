import type { z } from "zod";
import { suggestion } from "./nearest.ts";

/** One thing wrong with a manifest. `path` has dots; empty is the whole. `line` is known where the text was YAML. */
export interface ManifestProblem {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
}

interface Vocabulary {
  readonly knownKeys: Readonly<Record<string, readonly string[]>>;
  /** What was parsed: it shows a value that was refused. */
  readonly data: unknown;
}

type Issue = z.core.$ZodIssue;

/** Zod's issues as sentences for the author of a slipway.yaml. */
export function toProblems(issues: readonly Issue[], vocabulary: Vocabulary): ManifestProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], vocabulary));
}

function problemsOf(issue: Issue, parents: readonly PropertyKey[], vocabulary: Vocabulary): ManifestProblem[] {
  const path = [...parents, ...issue.path];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path, vocabulary));
  if (issue.code === "invalid_union") {
    const branch = issue.errors.find((errors) => errors.length > 0 && !errors.some(isWrongKind));
    if (branch !== undefined) return branch.flatMap((inner) => problemsOf(inner, path, vocabulary));
  }
  const value = valueAt(vocabulary.data, path);
  if (value === undefined && issue.code !== "custom") return [{ path: dotted(path), message: "is missing" }];
  return [{ path: dotted(path), message: sentence(issue, value) }];
}

/** The value is of another kind than this branch of a union wants, so its complaint says nothing. */
function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code === "invalid_type";
}

function unknownKey(key: string, parents: readonly PropertyKey[], vocabulary: Vocabulary): ManifestProblem {
  const path = dotted([...parents, key]);
  const section = dotted(parents)
    .replace(/^(model\.(?:inputs|outputs))\..*$/, "$1.*")
    .replace(/^(monitor\.(?:slices|performance|metrics|incidents\.maintenance)|rollout\.\w+)\..*$/, "$1");
  const known = vocabulary.knownKeys[section] ?? [];
  const hint = suggestion(key, known) || ` Known here: ${known.join(", ")}.`;
  return { path, message: `is not a known key.${hint}` };
}

function sentence(issue: Issue, value: unknown): string {
  const shown = show(value);
  if (issue.code === "invalid_value" && issue.values.length > 1) {
    const names = issue.values.map(String);
    const hint = typeof value === "string" ? suggestion(value, names) : "";
    return `is ${shown}; it must be one of ${names.join(", ")}.${hint}`;
  }
  if (issue.code === "invalid_type") return `is ${shown}; it must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === "too_small") return `is ${shown}; it must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === "too_big") return `is ${shown}; it must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  return `is ${shown}: ${issue.message}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function unitOf(origin: string): string {
  return origin === "string" ? " characters long" : origin === "array" ? " entries long" : "";
}

function show(value: unknown): string {
  if (typeof value === "string" && value === "") return "empty";
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}
