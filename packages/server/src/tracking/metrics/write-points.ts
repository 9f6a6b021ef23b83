import type { SqlValue, TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { RunKey } from "../runs/run.ts";
import type { Points } from "./point.ts";

/** The latest point of a series, which is one key of one run. */
interface Series {
  readonly key: string;
  readonly n: number;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

const insertPoints: Insert = {
  into: "metrics (series_n, timestamp, step, value, is_nan)",
  columns: 5,
  onConflict: "on conflict do nothing",
};

const putLatest: Insert = {
  into: "latest_metrics (run_n, key, n, experiment_id, value, is_nan, step, timestamp)",
  columns: 8,
  onConflict: `on conflict (run_n, key) do update set
    value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, timestamp = excluded.timestamp`,
};

/** A point that is there already stays as it is, so writing twice is writing once. */
export async function writePoints(db: TaskDb, run: RunKey, points: Points): Promise<void> {
  const { keys, keyOf, values, timestamps, steps } = points;
  const known = await findSeries(db, run.n, keys);
  const fresh = keys.filter((key) => !known.has(key)).length;
  let next = fresh === 0 ? 0 : await takeNumbers(db, "series", fresh);
  const numbers = keys.map((key) => known.get(key)?.n ?? next++);
  const changed: SqlValue[] = [];
  for (const [index, at] of newest(points).entries()) {
    const key = keys[index]!;
    const value = values[at]!;
    const latest = { value: Number.isNaN(value) ? 0 : value, step: steps[at]!, timestamp: timestamps[at]! };
    const before = known.get(key);
    if (before !== undefined && !isLater(latest, before)) continue;
    const isNan = Number.isNaN(value) ? 1 : 0;
    changed.push(run.n, key, numbers[index]!, run.experiment_id, latest.value, isNan, latest.step, latest.timestamp);
  }
  await insertRows(db, putLatest, changed);
  const rows: SqlValue[] = [];
  // One series after the other, so that each statement changes few pages.
  for (const i of bySeries(points)) {
    const value = values[i]!;
    const isNan = Number.isNaN(value);
    rows.push(numbers[keyOf[i]!]!, timestamps[i]!, steps[i]!, isNan ? 0 : value, isNan ? 1 : 0);
  }
  await insertRows(db, insertPoints, rows);
}

/** The places of all points, those of the first key first. */
function bySeries({ keys, keyOf }: Points): readonly number[] {
  const places = Array.from(keyOf, (_, i) => i);
  return keys.length === 1 ? places : places.toSorted((a, b) => keyOf[a]! - keyOf[b]! || a - b);
}

type Place = Pick<Series, "value" | "step" | "timestamp">;

/** MLflow's order: the step, then the time, then the value, NaN being 0. */
function isLater(a: Place, b: Place): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return a.value > b.value;
}

/** For each key, the place of its latest point. */
function newest({ keys, keyOf, values, timestamps, steps }: Points): readonly number[] {
  const best = new Array<number>(keys.length).fill(-1);
  const place = (i: number): Place => ({ value: values[i]! || 0, step: steps[i]!, timestamp: timestamps[i]! });
  for (let i = 0; i < keyOf.length; i++) {
    const key = keyOf[i]!;
    if (best[key] === -1 || isLater(place(i), place(best[key]!))) best[key] = i;
  }
  return best;
}

const columns = "select key, n, value, step, timestamp from latest_metrics where run_n = ?";
const single = `${columns} and key = ?`;
const atOnce = 32;
const several = `${columns} and key in (${Array.from({ length: atOnce }, () => "?").join(", ")})`;

async function findSeries(db: TaskDb, run: number, keys: readonly string[]): Promise<ReadonlyMap<string, Series>> {
  const found = new Map<string, Series>();
  const isMany = keys.length > 4;
  for (let at = 0; at < keys.length; at += isMany ? atOnce : 1) {
    const wanted = isMany ? Array.from({ length: atOnce }, (_, i) => keys[at + i] ?? keys[at]!) : [keys[at]!];
    for (const row of await db.rows<Series>(isMany ? several : single, [run, ...wanted])) found.set(row.key, row);
  }
  return found;
}
