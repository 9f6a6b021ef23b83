import type { ColumnPlan, ColumnProfile } from "../profiles/index.ts";
import type { ColumnCalibration } from "./calibration.ts";
import type { ColumnScore } from "./score-column.ts";

export interface Moved {
  readonly plan: ColumnPlan;
  readonly column: ColumnCalibration;
  readonly score: ColumnScore;
  readonly effect: number;
  readonly least: number;
  readonly isUnlikely: boolean;
  readonly isLarge: boolean;
  /** Of this anywhere in a usual window. */
  readonly chance: number;
  readonly reference: ColumnProfile;
  readonly current: ColumnProfile;
}

export function sayInsufficient(
  name: string,
  { rows, referenceRows, minRows }: { rows: number; referenceRows: number; minRows: number },
): string {
  return rows < minRows
    ? `${name} has ${rows} values in this window; from ${minRows} on something can be said.`
    : `${name} has ${referenceRows} values in the reference; from ${minRows} on something can be said.`;
}

export function sayMoved(moved: Moved): string {
  const { plan, column, effect, least, isUnlikely, isLarge, chance } = moved;
  const verb = isUnlikely && isLarge ? "moved" : isUnlikely ? "moved a little" : "is as usual";
  const size =
    column.kind === "number"
      ? `${digits(effect)} standard deviations (${digits(least)} matter)`
      : `${percent(effect)} of the rows lie elsewhere (${percent(least)} matter)`;
  const figures = column.kind === "number" ? sayMeans(moved) : sayShare(moved, plan);
  return `${column.name} ${verb}: ${figures}; ${size}; chance of this in a usual window ${chance < 1e-5 ? "under 0.001 %" : percent(chance)}.`;
}

function sayMeans({ reference, current }: Moved): string {
  const [before, after] = [reference.moments, current.moments];
  if (before === null || after === null || before.count === 0 || after.count === 0) return "its values lie elsewhere";
  return `mean ${digits(after.mean)} in this window, ${digits(before.mean)} in the reference`;
}

/** The category whose share changed most. */
function sayShare({ column, score }: Moved, { categories }: ColumnPlan): string {
  const { shares } = score.reference;
  let most = 0;
  for (const [cell, share] of shares.entries()) {
    if (Math.abs(score.shares[cell]! - share) > Math.abs(score.shares[most]! - shares[most]!)) most = cell;
  }
  const place = column.pooled === null ? most : column.pooled.indexOf(most);
  const isRest = most === shares.length - 1;
  const name = isRest ? "other values" : JSON.stringify(categories?.[place] ?? "");
  return `${name} in ${percent(score.shares[most]!)} of the rows, ${percent(shares[most]!)} in the reference`;
}

function percent(share: number): string {
  return `${digits(100 * share)} %`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
