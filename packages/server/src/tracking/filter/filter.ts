/** What a filter says, before anybody knows what its names mean. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | Comparison;

export interface Comparison {
  readonly kind: "comparison";
  /** The word before the dot; null where there is none. */
  readonly prefix: string | null;
  readonly key: string;
  readonly operator: Operator;
  readonly value: FilterValue;
  /** Where it begins; characters from 1. */
  readonly at: number;
}

export const operators = [
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "LIKE",
  "NOT LIKE",
  "ILIKE",
  "NOT ILIKE",
  "IN",
  "NOT IN",
  "IS NULL",
  "IS NOT NULL",
] as const;

export type Operator = (typeof operators)[number];

/** Null with IS NULL and IS NOT NULL, a list with IN and NOT IN. */
export type FilterValue = string | number | readonly string[] | null;

/** The comparisons that all rows of the answer satisfy. */
export function listConjuncts(filter: Filter | null): readonly Comparison[] {
  if (filter === null) return [];
  if (filter.kind === "comparison") return [filter];
  return filter.kind === "and" ? filter.of.flatMap(listConjuncts) : [];
}
