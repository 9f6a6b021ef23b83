import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import type { Pairs, Sums } from "../measured.ts";
import type { ArmSums } from "../to-strata.ts";

/**
 * Sums over rows, whose `squares` are such that the variance of the mean is that of a mean over what was drawn as one (the linearised ratio of sums), however many rows each has.
 * Where each has one row these are the plain sums.
 * @param from rows with arm, via, revision, propensity, unit and a value
 */
export async function readArms(db: LakeDb, from: string): Promise<ArmSums[]> {
  const cell = "revision, arm, via, propensity";
  const rows = await db.rows(`with units as (
      select revision, arm, via, coalesce(propensity, 1) as propensity, unit, count(*) as c, sum("value") as s from ${from} group by all),
    cells as (select ${cell}, sum(c) as n, sum(s) as "sum", count(*) as units from units group by all)
    select ${cell}, n, "sum", units, sum((s - "sum" / n * c) ** 2) as spread
    from units join cells using (${cell}) group by all order by all`);
  return rows.map((row) => ({
    revision: Number(row["revision"]),
    arm: String(row["arm"]),
    via: String(row["via"]) as ArmSums["via"],
    propensity: Number(row["propensity"]),
    sums: toSums(row),
  }));
}

/** @param from rows with the columns unit, id (which grows with time), row, new and old, which are the values of the two versions for the same row */
export async function readPairs(db: LakeDb, from: string): Promise<Pairs> {
  const [row = {}] = await db.rows(`with pairs as materialized (from ${from}),
    units as (select unit, count(*) as c, sum("new" - "old") as s, bool_or("new" > 0) as a, bool_or("old" > 0) as b,
      first("new" > "old" order by id, "row") filter ("new" <> "old") as isMore from pairs group by unit),
    total as (select count(*) as n, sum("new") as a, sum("new" * "new") as aa, sum("old") as b, sum("old" * "old") as bb,
      sum("new" - "old") as d from pairs)
    select any_value(n) as n, any_value(total.a) as a, any_value(aa) as aa, any_value(total.b) as b, any_value(bb) as bb, any_value(d) as "sum",
      count(unit) as units, sum((s - d / n * c) ** 2) as spread, count(*) filter (units.a) as firsts, count(*) filter (units.b) as others,
      count(*) filter (isMore) as more, count(*) filter (not isMore) as less
    from total left join units on true`);
  const of = (name: string) => Number(row[name] ?? 0);
  const n = of("n");
  return {
    n,
    difference: toSums(row),
    challenger: { n, sum: of("a"), squares: of("aa") },
    control: { n, sum: of("b"), squares: of("bb") },
    challengerOnly: of("more"),
    controlOnly: of("less"),
    firsts: { challenger: of("firsts"), control: of("others") },
  };
}

function toSums(row: Readonly<Record<string, unknown>>): Sums {
  const [n, sum, clusters] = [Number(row["n"] ?? 0), Number(row["sum"] ?? 0), Number(row["units"] ?? 0)];
  if (n === 0) return { n, sum, squares: 0, clusters };
  // Of the mean.
  const variance = clusters < 2 ? 0 : (clusters / (clusters - 1)) * (Number(row["spread"]) / n ** 2);
  return { n, sum, squares: (sum * sum) / n + n * (n - 1) * variance, clusters };
}
