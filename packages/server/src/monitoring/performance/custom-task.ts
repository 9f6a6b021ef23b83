/** What the lake child does for metrics that users write in SQL. */
import { requireSelect, toTableSql } from "../../platform/lake/require-select.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import { versionSql } from "./version-sql.ts";

export interface CustomInput {
  readonly model: string;
  readonly version: number;
  readonly from: number;
  readonly to: number;
  /** One SELECT each, by name. */
  readonly metrics: Readonly<Record<string, string>>;
}

export type CustomOutput = Readonly<Record<string, { readonly value: number | null; readonly error: string | null }>>;

/** `predictions` are the answers of the version in the window, `labels` those of them; nothing else can be reached. */
export async function run(input: CustomInput, { db, paths }: ViewsContext): Promise<CustomOutput> {
  const { from, to, metrics } = input;
  await db.exec(`create temp table window_predictions as select p.* from predictions p where ${versionSql(input)}
    and p.predicted_at >= make_timestamp_ms(${from}) and p.predicted_at < make_timestamp_ms(${to})`);
  await db.exec(`create temp table window_labels as select * exclude (label_id) from labels
    where (id, "row") in (select (id, "row") from window_predictions)`);
  await db.exec(`create or replace temp view predictions as from window_predictions;
    create or replace temp view labels as from window_labels`);
  await db.lock(paths);
  const found: Record<string, { value: number | null; error: string | null }> = {};
  for (const [name, sql] of Object.entries(metrics)) {
    try {
      await requireSelect(db, sql);
      const [row] = await db.rows(`select * from ${toTableSql(sql)} limit 1`);
      const [value = null] = Object.values(row ?? {});
      const number = value === null ? null : Number(value);
      const isNumber = number === null || Number.isFinite(number);
      found[name] = isNumber
        ? { value: number, error: null }
        : { value: null, error: `It gave ${JSON.stringify(value)}, which is no number.` };
    } catch (error) {
      found[name] = { value: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
  return found;
}
