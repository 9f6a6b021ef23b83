import type { SqlDialect } from "../../platform/sql/index.ts";
import type { Comparison, FilterValue, Operator } from "./filter.ts";
import type { Fragment } from "./fragment.ts";

/** What is searched, and on which database. */
export interface Scope {
  readonly dialect: SqlDialect;
  /** Where it is about experiments: which ones. */
  readonly experimentIds?: readonly number[];
}

export interface FieldComparison {
  readonly operator: Operator;
  /** Suits the field and the operator. */
  readonly value: FilterValue;
}

/** Something that a filter may compare. */
export interface Field {
  readonly type: "text" | "number";
  /** A number that filters may also write as text. */
  readonly isTextTaken?: true;
  readonly operators: ReadonlySet<Operator>;
  condition(comparison: FieldComparison, scope: Scope): Fragment;
  /** A SELECT of the numbers `n` of those that satisfy the comparison, where an index finds them; else null. */
  source?(comparison: FieldComparison, scope: Scope): Fragment | null;
}

/** Fields that are written with the same prefixes. */
export interface FieldGroup {
  /** The one that messages say: `metric`. */
  readonly noun: string;
  readonly prefixes: readonly string[];
  /** Its names may be written without a prefix. */
  readonly isDefault?: boolean;
  /** The names that messages list; null where any key will do. */
  readonly names: readonly string[] | null;
  find(key: string): Field | null;
}

/** What the words of a filter mean where runs, experiments, models, ... are searched. */
export interface FilterEntity {
  readonly groups: readonly FieldGroup[];
}

export interface ResolvedComparison {
  readonly group: FieldGroup;
  readonly field: Field;
  readonly key: string;
}

/** Fields with fixed names. */
export function namedFields(
  names: { readonly noun: string; readonly prefixes: readonly string[]; readonly isDefault?: boolean },
  fields: Readonly<Record<string, Field>>,
): FieldGroup {
  const byName = new Map(Object.entries(fields));
  return { ...names, names: [...byName.keys()], find: (key) => byName.get(key) ?? null };
}

/** One field for each key that somebody may have logged. */
export function keyedFields(
  names: { readonly noun: string; readonly prefixes: readonly string[] },
  toField: (key: string) => Field,
): FieldGroup {
  return { ...names, names: null, find: toField };
}

export type NamePart = Pick<Comparison, "prefix" | "key">;
