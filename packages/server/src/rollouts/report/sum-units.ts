import type { LakeDb } from "../../platform/lake/lake-db.ts";
import type { ArmSums } from "./ab-task-input.ts";

/** Moments over the units that have a row. Rows: unit, value, count. */
export async function sumUnits(db: LakeDb, rowsSql: string): Promise<ArmSums[]> {
  return readSums(
    db,
    `select e.arm, m.value, m.count from exposures e
      join (select unit, sum(value)::double as value, sum(count)::double as count from (${rowsSql}) group by unit) m using (unit)`,
  );
}

/** Rows: arm, value, count. */
export async function readSums(db: LakeDb, unitsSql: string): Promise<ArmSums[]> {
  const rows =
    await db.rows(`select arm, count(*) as units, sum(count) as n, sum(value) as total, avg(value) as mean_value,
      avg(count) as mean_count, var_samp(value) as variance_value, var_samp(count) as variance_count, covar_samp(value, count) as covariance
    from (${unitsSql}) group by arm order by arm`);
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return rows.map((row) => ({
    arm: String(row["arm"]),
    units: Number(row["units"]),
    n: Number(row["n"]),
    sum: Number(row["total"]),
    meanValue: number(row["mean_value"]),
    meanCount: number(row["mean_count"]),
    varianceValue: number(row["variance_value"]),
    varianceCount: number(row["variance_count"]),
    covariance: number(row["covariance"]),
  }));
}
