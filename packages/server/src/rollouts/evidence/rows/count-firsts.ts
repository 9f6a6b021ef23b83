import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import { quoteText } from "../../../platform/lake/quote.ts";
import type { ViewsContext } from "../../../predictions/index.ts";
import type { FirstEvents } from "../to-strata.ts";
import type { RowsInput } from "./rows-input.ts";

/** Units that stay with their arm and that something happened to: what happens to one of them again says nothing new of the versions. */
export async function countFirsts({ db }: ViewsContext, input: RowsInput): Promise<Record<string, FirstEvents[]>> {
  const isCallers = `coalesce(error_code, '') in (${input.callersCodes.map(quoteText).join(", ")})`;
  const happened: Record<string, string> = {
    errors: `(status = 'fallback' or status = 'error' and not ${isCallers})`,
    refused: `status = 'error' and ${isCallers}`,
    fallbacks: `status = 'fallback'`,
  };
  for (const [key, budgetMs] of Object.entries(input.budgets)) happened[key] = `total_us > ${budgetMs * 1000}`;
  const found: Record<string, FirstEvents[]> = {};
  for (const [name, condition] of Object.entries(happened))
    found[name] = await readFirsts(
      db,
      input,
      `(select _slipway_unit as unit, id, revision, arm from answers
        where _slipway_kind = 'traffic' and _slipway_via = 'bucket' and "row" = 0 and ${condition})`,
    );
  return found;
}

/** @param from events with the columns unit, id (which grows with time), revision and arm */
export async function readFirsts(db: LakeDb, { control }: RowsInput, from: string): Promise<FirstEvents[]> {
  const rows = await db.rows(`select revision, arm, count(*) as units from (
      select arg_min(coalesce(revision, 0), id) as revision, arg_min(arm, id) as arm from ${from}
      where arm in ('challenger', '${control}') group by unit)
    group by all order by all`);
  return rows.map((row) => ({
    revision: Number(row["revision"]),
    arm: String(row["arm"]),
    units: Number(row["units"]),
  }));
}
