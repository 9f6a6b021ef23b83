import { requireSelect, toTableSql } from "../../../platform/lake/require-select.ts";
import type { ViewsContext } from "../../../predictions/index.ts";
import type { ArmSums } from "../to-strata.ts";
import type { RowsMeasure } from "./rows-input.ts";
import { readArms } from "./read-sums.ts";

/** Of so many revisions, the newest ones, the statements are asked. */
const mostStrata = 20;

const isWhole = "(coalesce(propensity, 1) = 1)";

interface Part {
  readonly revision: number;
  readonly via: string;
  /** All of the traffic came to one arm: what it showed is compared with nothing. */
  readonly isWhole: boolean;
  /** Of each arm. */
  readonly propensities: ReadonlyMap<string, number>;
}

/**
 * Metrics that users write. Each statement is asked for every stretch with the same shares by itself, with the views `predictions` and `labels` of that stretch alone: so arms are
 * compared at the same time, although the statement knows nothing of it. What has the same `unit` counts as drawn at once; without the column each row is drawn by itself.
 */
export async function measureSql(
  { db, paths }: ViewsContext,
  statements: readonly string[],
): Promise<Record<string, RowsMeasure>> {
  if (statements.length === 0) return {};
  await db.exec(`create temp table all_predictions as select * exclude (_slipway_kind, _slipway_about, _slipway_unit) from answers where _slipway_kind = 'traffic' and arm is not null and status <> 'fallback';
    create temp table all_labels as select * exclude (label_id) from labels where (id, "row") in (select (id, "row") from all_predictions)`);
  const parts = await listParts(db);
  await db.lock(paths);
  const found: Record<string, { arms: ArmSums[]; firsts: null; pairs: null; error: string | null }> = {};
  for (const sql of statements) found[sql] = { arms: [], firsts: null, pairs: null, error: null };
  for (const part of parts) {
    await db.exec(`create or replace temp view predictions as select * exclude (_slipway_via) from all_predictions
        where coalesce(revision, 0) = ${part.revision} and _slipway_via = '${part.via}' and ${isWhole} = ${part.isWhole};
      create or replace temp view labels as select * from all_labels where (id, "row") in (select (id, "row") from predictions)`);
    for (const [sql, into] of Object.entries(found)) {
      if (into.error !== null) continue;
      try {
        await requireSelect(db, sql);
        into.arms.push(...(await measurePart(db, sql, part)));
      } catch (error) {
        into.error = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return found;
}

async function listParts(db: ViewsContext["db"]): Promise<Part[]> {
  const rows =
    await db.rows(`select coalesce(revision, 0) as revision, _slipway_via as via, ${isWhole} as whole, arm, max(propensity) as propensity from all_predictions
    group by 1, 2, 3, 4 order by 1 desc, 2, 3, 4`);
  const parts = new Map<string, Part & { readonly propensities: Map<string, number> }>();
  for (const row of rows) {
    const [revision, via, whole] = [Number(row["revision"]), String(row["via"]), row["whole"] === true];
    const name = `${revision} ${via} ${whole}`;
    const part = parts.get(name) ?? { revision, via, isWhole: whole, propensities: new Map<string, number>() };
    part.propensities.set(String(row["arm"]), Number(row["propensity"] ?? 1));
    parts.set(name, part);
  }
  return [...parts.values()].slice(0, mostStrata);
}

async function measurePart(db: ViewsContext["db"], sql: string, part: Part): Promise<ArmSums[]> {
  const columns = (await db.describe(`select * from ${toTableSql(sql)}`)).map(({ name }) => name);
  if (!columns.includes("arm") || !columns.includes("value"))
    throw new Error(`It has the columns ${columns.join(", ")}. It must have arm and value.`);
  const unit = columns.includes("unit")
    ? `coalesce(unit::varchar, 'row ' || row_number() over ())`
    : "row_number() over ()::varchar";
  const rows = await readArms(
    db,
    `(select ${part.revision} as revision, arm::varchar as arm, '${part.via}' as via, 1 as propensity, ${unit} as unit, "value"::double as "value"
      from ${toTableSql(sql)} where arm is not null and "value" is not null and isfinite("value"::double))`,
  );
  return rows.map((row) => ({ ...row, propensity: part.propensities.get(row.arm) ?? 1 }));
}
