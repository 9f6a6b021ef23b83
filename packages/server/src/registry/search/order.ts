import { SlipwayError } from "@slipway/contract/errors";
import { decodeCursor } from "../../kernel/page.ts";
import type { SqlDialect } from "../../platform/sql/index.ts";
import { joined, parseOrderBy, plain, sql, type Fragment } from "../../tracking/index.ts";

/** A column that an answer can be in the order of; none is ever null. */
export interface OrderColumn {
  readonly column: string;
  readonly type: "string" | "number";
}

export interface OrderTerm extends OrderColumn {
  readonly isDescending: boolean;
}

/** What may be ordered by, and what an order ends with, so that no two rows have the same place. */
export interface Orders {
  readonly names: Readonly<Record<string, OrderColumn>>;
  readonly ends: readonly OrderTerm[];
}

/** @throws SlipwayError `invalid_request` */
export function readOrder(orderBy: readonly string[], { names, ends }: Orders): readonly OrderTerm[] {
  const terms: OrderTerm[] = [];
  for (const text of orderBy) {
    const { prefix, key, isDescending } = parseOrderBy(text);
    const found = prefix === null || /^attr(?:ibutes?)?$/.test(prefix) ? names[key] : undefined;
    if (!found)
      throw new SlipwayError(
        "invalid_request",
        `Invalid order by key '${prefix === null ? key : `${prefix}.${key}`}' specified. Valid keys are ${Object.keys(names).join(", ")}`,
      );
    if (terms.some(({ column }) => column === found.column))
      throw new SlipwayError("invalid_request", `\`order_by\` contains duplicate fields: ${JSON.stringify(orderBy)}`);
    terms.push({ ...found, isDescending });
  }
  return [...terms, ...ends.filter(({ column }) => !terms.some((term) => term.column === column))];
}

export function toOrderBy(order: readonly OrderTerm[], dialect: SqlDialect): Fragment {
  return joined(
    order.map((term) => plain(`${inOrder(term, dialect)}${term.isDescending ? " desc" : ""}`)),
    ", ",
  );
}

/** What comes behind the place that a token names; null from the beginning. @throws SlipwayError `invalid_request` */
export function toAfter(order: readonly OrderTerm[], token: string | null, dialect: SqlDialect): Fragment | null {
  if (token === null || token === "") return null;
  const kinds = order.map(({ type }) => type);
  const key = decodeCursor(token, kinds);
  return behind(order, key, dialect);
}

function behind(
  [term, ...later]: readonly OrderTerm[],
  [value, ...rest]: readonly (string | number)[],
  dialect: SqlDialect,
): Fragment {
  const column = plain(inOrder(term!, dialect));
  const further = sql`${column} ${plain(term!.isDescending ? "<" : ">")} ${value!}`;
  if (later.length === 0) return further;
  // The first condition lets the database begin at the place in an index.
  const reached = sql`${column} ${plain(term!.isDescending ? "<=" : ">=")} ${value!}`;
  return sql`(${reached} and (${further} or ${behind(later, rest, dialect)}))`;
}

/** Texts in the order of their bytes, as SQLite has them. */
function inOrder({ column, type }: OrderColumn, dialect: SqlDialect): string {
  return type === "string" && dialect === "postgres" ? `${column} collate "C"` : column;
}
