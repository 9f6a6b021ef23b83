import type { ImportPoints } from "@slipway/contract";
import type { TaskDb } from "../../platform/sql/index.ts";
import { toPoints } from "../metrics/point.ts";
import { writePoints } from "../metrics/write-points.ts";
import { requireRun } from "../runs/run.ts";

/** Of deleted runs too. Null is NaN. */
export async function importPoints(db: TaskDb, { series }: ImportPoints): Promise<void> {
  for (const [id, ofRun] of Map.groupBy(series, (each) => each.run_id)) {
    const metrics = ofRun.flatMap(({ key, timestamps, steps, values }) =>
      values.map((value, i) => ({ key, value: value ?? Number.NaN, timestamp: timestamps[i]!, step: steps[i]! })),
    );
    await writePoints(db, await requireRun(db, id), toPoints(metrics));
  }
}
