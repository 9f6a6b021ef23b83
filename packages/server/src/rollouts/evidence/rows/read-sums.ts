import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import type { Pairs, Sums } from "../measured.ts";
import type { ArmSums } from "../to-strata.ts";

/** @param from rows with arm, via, revision, propensity and a value */
export async function readArms(db: LakeDb, from: string): Promise<ArmSums[]> {
  const rows =
    await db.rows(`select revision, arm, via, coalesce(propensity, 1) as propensity, count(*) as n, sum("value") as "sum",
      sum("value" * "value") as squares
    from ${from} group by all order by all`);
  return rows.map((row) => ({
    revision: Number(row["revision"]),
    arm: String(row["arm"]),
    via: String(row["via"]) as ArmSums["via"],
    propensity: Number(row["propensity"]),
    sums: { n: Number(row["n"]), sum: Number(row["sum"]), squares: Number(row["squares"]) },
  }));
}

/**
 * The same of units that stay with their arm: `squares` is such that the variance of the mean is that of a mean over units (the linearised ratio of
 * sums), however many rows each has.
 * @param from rows with a unit, too
 */
export async function readArmsByUnit(db: LakeDb, from: string): Promise<ArmSums[]> {
  const cell = "revision, arm, via, propensity";
  const rows = await db.rows(`with units as (
      select revision, arm, via, coalesce(propensity, 1) as propensity, unit, count(*) as c, sum("value") as s from ${from} group by all),
    cells as (select ${cell}, sum(c) as n, sum(s) as "sum", count(*) as units from units group by all)
    select ${cell}, n, "sum", units, sum((s - "sum" / n * c) ** 2) as spread
    from units join cells using (${cell}) group by all order by all`);
  return rows.map((row) => {
    const [n, sum, units] = [Number(row["n"]), Number(row["sum"]), Number(row["units"])];
    // Of the mean.
    const variance = units < 2 ? 0 : (units / (units - 1)) * (Number(row["spread"]) / n ** 2);
    return {
      revision: Number(row["revision"]),
      arm: String(row["arm"]),
      via: String(row["via"]) as ArmSums["via"],
      propensity: Number(row["propensity"]),
      sums: { n, sum, squares: (sum * sum) / n + n * (n - 1) * variance },
    };
  });
}

/** @param from rows with the columns new and old, which are the values of the two versions for the same row */
export async function readPairs(db: LakeDb, from: string): Promise<Pairs> {
  const [row = {}] =
    await db.rows(`select count(*) as n, sum("new") as a, sum("new" * "new") as aa, sum("old") as b, sum("old" * "old") as bb,
      sum("new" - "old") as d, sum(("new" - "old") * ("new" - "old")) as dd,
      count(*) filter ("new" > "old") as more, count(*) filter ("new" < "old") as less
    from ${from}`);
  const n = Number(row["n"] ?? 0);
  const sums = (sum: string): Sums => ({ n, sum: Number(row[sum] ?? 0), squares: Number(row[sum + sum] ?? 0) });
  return {
    n,
    difference: sums("d"),
    challenger: sums("a"),
    control: sums("b"),
    challengerOnly: Number(row["more"] ?? 0),
    controlOnly: Number(row["less"] ?? 0),
  };
}
