import type { LakeDb } from "../../../platform/lake/lake-db.ts";
import type { FirstEvents } from "../to-strata.ts";
import type { RowsInput } from "./rows-input.ts";

/**
 * What was drawn as one and had an event, each under the revision and with the arm of its first one. One row of it is enough: the arm was drawn for all of them at once, so that
 * which arm the first event comes from is a toss with the odds of the share, exactly, and that it happens to the same again is no other toss. A mean of the rows would be
 * as fair in the long run only.
 * @param from events with the columns unit, id (which grows with time), revision and arm
 */
export async function readFirsts(db: LakeDb, { control }: RowsInput, from: string): Promise<FirstEvents[]> {
  const rows = await db.rows(`select revision, arm, count(*) as units from (
      select arg_min(revision, id) as revision, arg_min(arm, id) as arm from ${from}
      where arm in ('challenger', '${control}') group by unit)
    group by all order by all`);
  return rows.map((row) => ({
    revision: Number(row["revision"]),
    arm: String(row["arm"]),
    units: Number(row["units"]),
  }));
}
