import { SlipwayError } from "@slipway/contract/errors";

type SqlValue = null | string | number | Uint8Array;

/** A piece of SQL for a task: `?` stands for each of the values. */
export interface Fragment {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A piece of SQL: fragments are put in as they are, everything else becomes a value. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Fragment | SqlValue)[]): Fragment {
  let text = strings[0]!;
  const values: SqlValue[] = [];
  for (const [index, part] of parts.entries()) {
    if (isFragment(part)) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[index + 1]!;
  }
  return { text, values };
}

function isFragment(part: Fragment | SqlValue): part is Fragment {
  return part !== null && typeof part === "object" && "text" in part;
}

/** SQL that our own code wrote: names of tables and columns, and whole expressions. */
export function plain(text: string): Fragment {
  return { text, values: [] };
}

export function joined(fragments: readonly Fragment[], separator: string): Fragment {
  return {
    text: fragments.map(({ text }) => text).join(separator),
    values: fragments.flatMap(({ values }) => values),
  };
}

/** `(?, ?, ?)`; never empty. */
export function list(values: readonly SqlValue[]): Fragment {
  return { text: `(${values.map(() => "?").join(", ")})`, values };
}

/** More values than a statement may have, of either database. */
const maxListed = 20_000;

/** A column of whole numbers that is one of these; never empty. Many that follow each other are a range. */
export function isOneOf(column: Fragment, numbers: readonly number[]): Fragment {
  if (numbers.length === 1) return sql`${column} = ${numbers[0]!}`;
  if (numbers.length <= 100) return sql`${column} in ${list(numbers)}`;
  const ranges = toRanges(numbers);
  if (ranges.length <= 100) return any(ranges.map(([first, last]) => sql`${column} between ${first} and ${last}`));
  if (numbers.length <= maxListed) return sql`${column} in ${list(numbers)}`;
  throw new SlipwayError("invalid_request", `${numbers.length} ids are too many; name ${maxListed} or fewer.`);
}

function toRanges(numbers: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && number <= range[1] + 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** Conditions that all hold. */
export function all(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? plain("1 = 1") : balanced(conditions, " and ");
}

/** Conditions of which one holds. */
export function any(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? plain("1 = 0") : balanced(conditions, " or ");
}

/** SQLite refuses expressions that are more than 1,000 deep, and a chain is as deep as it is long. */
function balanced(conditions: readonly Fragment[], separator: string): Fragment {
  if (conditions.length <= 8) return sql`(${joined(conditions, separator)})`;
  const half = conditions.length >> 1;
  const [left, right] = [conditions.slice(0, half), conditions.slice(half)];
  return sql`(${joined([balanced(left, separator), balanced(right, separator)], separator)})`;
}
