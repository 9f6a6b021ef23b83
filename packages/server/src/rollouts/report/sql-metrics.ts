import { requireSelect, toTableSql } from "../../platform/lake/require-select.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import type { AbMetric, MeasuredMetric } from "./ab-task-input.ts";
import { readSums } from "./sum-units.ts";

type SqlMetric = Extract<AbMetric, { kind: "sql" }>;

/**
 * Metrics that users write, over the rows and labels of the compared units: what else is in the lake cannot be reached. A unit without a row
 * counts as 0, unless the statement has a column `count`: then it is a ratio, over the units that have one.
 */
export async function measureSql(
  { db, paths }: ViewsContext,
  metrics: readonly SqlMetric[],
): Promise<MeasuredMetric[]> {
  await db.exec(
    `create temp table ab_predictions as select s.* from scoped s join exposures e using (unit) where s.rule is null`,
  );
  await db.exec(`create temp table ab_labels as select * exclude (label_id) from labels
    where (id, "row") in (select (id, "row") from ab_predictions)`);
  await db.exec(`create or replace temp view predictions as from ab_predictions;
    create or replace temp view labels as from ab_labels`);
  await db.lock(paths);
  const found: MeasuredMetric[] = [];
  for (const { name, sql } of metrics) {
    const base = { name, kind: "sql", measure: "total", counted: false } as const;
    try {
      await requireSelect(db, sql);
      const columns = new Set((await db.describe(`select * from ${toTableSql(sql)}`)).map((each) => each.name));
      if (!columns.has("unit") || !columns.has("value"))
        throw new Error(`It has the columns ${[...columns].join(", ")}. It must have unit and value.`);
      const isRatio = columns.has("count");
      const sums = `select unit::varchar as unit, sum(value)::double as value, ${isRatio ? `sum("count")::double` : "1::double"} as count
        from ${toTableSql(sql)} group by 1`;
      const units = isRatio
        ? `select e.arm, m.value, m.count from exposures e join (${sums}) m using (unit) where m.value is not null`
        : `select e.arm, coalesce(m.value, 0) as value, 1::double as count from exposures e left join (${sums}) m using (unit)`;
      const arms = await readSums(db, units);
      found.push({ ...base, measure: isRatio ? "ratio" : "total", arms, error: null });
    } catch (error) {
      found.push({ ...base, arms: [], error: error instanceof Error ? error.message : String(error) });
    }
  }
  return found;
}
