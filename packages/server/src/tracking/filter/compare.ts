import type { SqlDialect } from "../../platform/sql/index.ts";
import { list, sql, type Fragment } from "./fragment.ts";
import type { FilterValue, Operator } from "./filter.ts";
import { wrongFilter } from "./token.ts";

/** SQLite refuses longer patterns, and those of LIKE become up to three times as long there. */
const maxPattern = 10_000;

export const textOperators: ReadonlySet<Operator> = new Set([
  "=",
  "!=",
  "LIKE",
  "NOT LIKE",
  "ILIKE",
  "NOT ILIKE",
  "IN",
  "NOT IN",
]);
export const numberOperators: ReadonlySet<Operator> = new Set(["=", "!=", "<", "<=", ">", ">="]);
export const presenceOperators: ReadonlySet<Operator> = new Set(["IS NULL", "IS NOT NULL"]);

/** Of a text column with a value that suits `textOperators`. What is not there satisfies nothing. */
export function compareText(
  column: Fragment,
  { operator, value }: { readonly operator: Operator; readonly value: FilterValue },
  dialect: SqlDialect,
): Fragment {
  if (operator === "IN") return sql`${column} in ${list(value as readonly string[])}`;
  if (operator === "NOT IN") return sql`${column} not in ${list(value as readonly string[])}`;
  const text = value as string;
  if (operator === "=") return sql`${column} = ${text}`;
  if (operator === "!=") return sql`${column} <> ${text}`;
  if (text.length > maxPattern) throw wrongFilter(`a pattern has more than ${maxPattern} characters`, null);
  const matches = operator.endsWith("ILIKE") ? matchesAnyCase(column, text, dialect) : like(column, text, dialect);
  return operator.startsWith("NOT") ? sql`not (${matches})` : matches;
}

/** SQLite's own LIKE knows no upper and lower case; GLOB does. Neither database of ours shall know an escape. */
function like(column: Fragment, pattern: string, dialect: SqlDialect): Fragment {
  if (dialect === "postgres") return sql`${column} like ${withoutEscapes(pattern)}`;
  const glob = pattern.replace(/[*?[]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
  return sql`${column} glob ${glob}`;
}

function matchesAnyCase(column: Fragment, pattern: string, dialect: SqlDialect): Fragment {
  return dialect === "sqlite"
    ? sql`${column} like ${pattern}`
    : sql`lower(${column}) like lower(${withoutEscapes(pattern)})`;
}

function withoutEscapes(pattern: string): string {
  return pattern.replaceAll("\\", "\\\\");
}

/** Of a column of doubles; infinities are the largest doubles, as MLflow stores them. */
export function compareDouble(column: Fragment, operator: Operator, value: number): Fragment {
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return compare(column, operator, finite);
}

/** Of a column of whole numbers, with a number that need not be one. */
export function compareInteger(column: Fragment, operator: Operator, value: number): Fragment {
  const limit = Number.MAX_SAFE_INTEGER;
  if (Number.isInteger(value) && Math.abs(value) <= limit) return compare(column, operator, value);
  if (operator === "=") return sql`1 = 0`;
  if (operator === "!=") return sql`${column} is not null`;
  const isAbove = operator === ">" || operator === ">=";
  const bound = Math.max(-limit, Math.min(limit, Math.floor(value)));
  return isAbove ? sql`${column} > ${bound}` : sql`${column} <= ${bound}`;
}

function compare(column: Fragment, operator: Operator, value: number): Fragment {
  switch (operator) {
    case "=":
      return sql`${column} = ${value}`;
    case "!=":
      return sql`${column} <> ${value}`;
    case "<":
      return sql`${column} < ${value}`;
    case "<=":
      return sql`${column} <= ${value}`;
    case ">":
      return sql`${column} > ${value}`;
    default:
      return sql`${column} >= ${value}`;
  }
}
