/** What the process of the lake does for slices: cuts the sample of the reference into them, and learns what is usual in each. */
import type { LakeContext } from "../../platform/lake/index.ts";
import { createProfileBuilder, createProfilePlan, encodeProfile, type Slice } from "../profiles/index.ts";
import { blocksOf } from "../reference/blocks-of.ts";
import { takeReferenceRows, type ReferenceRows } from "../reference/reference-rows.ts";
import { calibrate } from "./calibrate.ts";
import type { MadePart, PartsJob } from "./parts-job.ts";
import { readSample } from "./read-sample.ts";

export async function run(job: PartsJob, { db }: LakeContext): Promise<MadePart[]> {
  const { windowMs, season } = job;
  const plan = createProfilePlan(job.columns);
  const all = await readSample(db, job.path, plan.columns);
  return job.slices.flatMap((slice) => {
    const rows = takeReferenceRows(all, rowsOf(all, slice));
    if (rows.n === 0) return [];
    const builder = createProfileBuilder(plan);
    builder.addColumns(rows.columns, rows.n);
    const profile = builder.profile();
    const calibration = calibrate({
      plan,
      reference: profile,
      blocks: blocksOf(plan, rows, windowMs),
      windowMs,
      season,
    });
    const { name, column } = slice;
    return [{ slice: name, column, profile: encodeProfile(profile), calibration: JSON.stringify(calibration) }];
  });
}

function rowsOf({ columns, n }: ReferenceRows, { column, match }: Slice): number[] {
  const values = columns.get(column);
  if (values === undefined) return [];
  const isIn = (value: number | string | null | undefined): boolean => {
    if (value === null || value === undefined || Number.isNaN(value)) return false;
    if ("values" in match) return match.values.includes(String(value));
    return typeof value === "number" && value >= (match.from ?? -Infinity) && value < (match.to ?? Infinity);
  };
  return Array.from({ length: n }, (_, i) => i).filter((i) => isIn(values[i]));
}
