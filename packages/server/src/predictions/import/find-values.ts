import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { numericType, textSql, type RawTable } from "../../platform/lake/raw-table.ts";
import type { ColumnRoles } from "./columns.ts";
import type { FoundValues, ValueKind } from "./signature.ts";

/** What the values of the columns are: a look at all of them, in one pass. */
export async function findValues(
  db: LakeDb,
  raw: RawTable,
  { roles, isText }: { roles: ColumnRoles; isText: boolean },
): Promise<FoundValues> {
  const names = [...roles.inputs, ...roles.outputs];
  const typeOf = new Map(raw.columns.map(({ name, type }) => [name, type]));
  const asked = names.filter((name) => roles.outputs.includes(name) || (isText && typeOf.get(name) === "VARCHAR"));
  const checks = asked.flatMap((name, i) => {
    const column = raw.sql(name);
    return [
      `count(${column}) filter (try_cast(${column}::varchar as double) is null) as t${i}`,
      `count(${column}) filter (coalesce(try_cast(${column}::varchar as double) not in (0, 1), true)) as b${i}`,
      `count(${column}) as n${i}`,
    ];
  });
  const [counts = {}] = checks.length === 0 ? [{}] : await db.rows(`select ${checks.join(", ")} from raw`);
  const kinds = new Map<string, ValueKind>();
  for (const name of names) {
    const i = asked.indexOf(name);
    const type = typeOf.get(name) ?? "";
    const count = (prefix: string) => Number(counts[`${prefix}${i}`] ?? 0);
    const isNumber = numericType.test(type) || (i >= 0 && isText && count("t") === 0 && count("n") > 0);
    kinds.set(name, !isNumber ? "text" : i >= 0 && count("b") === 0 ? "binary" : "number");
  }
  return { kinds, classes: await listClasses(db, raw, roles) };
}

async function listClasses(db: LakeDb, raw: RawTable, { outputs, label, probability }: ColumnRoles): Promise<string[]> {
  if (typeof probability !== "string") return [];
  if (label === null || outputs.length > 0) return [];
  const rows = await db.rows(
    `select value from (select distinct ${textSql(raw, label)} as value from raw) where value is not null limit 10`,
  );
  return rows.map(({ value }) => String(value));
}
