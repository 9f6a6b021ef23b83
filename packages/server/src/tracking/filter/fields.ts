import type { Field, FieldComparison, Scope } from "./entity.ts";
import {
  compareDouble,
  compareInteger,
  compareText,
  numberOperators,
  presenceOperators,
  textOperators,
} from "./compare.ts";
import { isOneOf, plain, sql, type Fragment } from "./fragment.ts";
import type { FilterValue, Operator } from "./filter.ts";

const keyedTextOperators: ReadonlySet<Operator> = new Set([...textOperators, ...presenceOperators]);
const keyedNumberOperators: ReadonlySet<Operator> = new Set([...numberOperators, ...presenceOperators]);

/** A column of texts, as SQL. What is null satisfies nothing. */
export function textColumn(column: string, source?: (comparison: FieldComparison) => Fragment | null): Field {
  return {
    type: "text",
    operators: textOperators,
    condition: (comparison, { dialect }) => compareText(plain(column), comparison, dialect),
    ...(source ? { source } : {}),
  };
}

/** A column of whole numbers, as SQL. Like MLflow with versions it takes them in quotes, too. */
export function integerColumn(column: string): Field {
  return {
    type: "number",
    isTextTaken: true,
    operators: numberOperators,
    condition: ({ operator, value }) => compareInteger(plain(column), operator, Number(value)),
  };
}

/** A table of texts by key: whose they are, and how its rows are found. */
export interface KeyedTable {
  readonly table: string;
  /** The column that says whose it is. */
  readonly owner: string;
  /** What it is compared with: `r.n`. */
  readonly of: string;
  /** There is an index of key and the first `indexed` characters of the value. */
  readonly isIndexedByValue?: boolean;
}

/** So many characters of a value are in its index. */
const indexed = 100;

/** Who does not have the key satisfies nothing but IS NULL. */
export function keyedText({ table, owner, of, isIndexedByValue = false }: KeyedTable, key: string): Field {
  const has = sql`select 1 from ${plain(table)} x where x.${plain(owner)} = ${plain(of)} and x.key = ${key}`;
  return {
    type: "text",
    operators: keyedTextOperators,
    condition: (comparison, { dialect }) =>
      presence(has, comparison.operator) ?? sql`exists (${has} and ${compareText(value, comparison, dialect)})`,
    source({ operator, value: wanted }) {
      if (!isIndexedByValue || operator !== "=") return null;
      const letters = Array.from(wanted as string);
      const found = sql`select x.${plain(owner)} as n from ${plain(table)} x
        where x.key = ${key} and substr(x.value, 1, ${plain(`${indexed}`)}) = ${letters.slice(0, indexed).join("")}`;
      // Where all of the value is in the index, the table need not be asked.
      return letters.length < indexed ? found : sql`${found} and x.value = ${wanted as string}`;
    },
  };
}

const value = plain("x.value");

/** The latest value of a metric. NaN is neither less nor greater nor equal, but different, as in MLflow. */
export function metricField({ table, owner, of }: KeyedTable, key: string): Field {
  const has = sql`select 1 from ${plain(table)} x where x.${plain(owner)} = ${plain(of)} and x.key = ${key}`;
  return {
    type: "number",
    operators: keyedNumberOperators,
    condition: ({ operator, value: number }) =>
      presence(has, operator) ?? sql`exists (${has} and ${compareMetric(operator, number)})`,
    source({ operator, value: number }, { experimentIds }: Scope) {
      if (operator === "!=" || presenceOperators.has(operator) || !experimentIds?.length) return null;
      return sql`select x.${plain(owner)} as n from ${plain(table)} x
        where ${isOneOf(plain("x.experiment_id"), experimentIds)} and x.key = ${key} and ${compareMetric(operator, number)}`;
    },
  };
}

/** Of a row `x` with `value` and `is_nan`. */
export function compareMetric(operator: Operator, number: FilterValue): Fragment {
  const comparison = compareDouble(value, operator, number as number);
  return operator === "!=" ? sql`(x.is_nan = 1 or ${comparison})` : sql`(x.is_nan = 0 and ${comparison})`;
}

function presence(has: Fragment, operator: Operator): Fragment | null {
  if (operator === "IS NULL") return sql`not exists (${has})`;
  return operator === "IS NOT NULL" ? sql`exists (${has})` : null;
}
