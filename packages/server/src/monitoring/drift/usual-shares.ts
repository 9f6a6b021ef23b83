import type { ProfilePlan } from "../profiles/index.ts";
import type { CountedColumn } from "./counted-column.ts";
import type { ColumnQuality, UsualShare } from "./calibration.ts";

type Counted = "missing" | "unseen" | "outOfRange";

/** What shares of values are missing, unseen or out of range in the reference, and at most in one of its blocks. */
export function toUsualShares(
  { columns }: ProfilePlan,
  reference: readonly CountedColumn[],
  blocks: readonly ReadonlyMap<string, CountedColumn>[],
): ColumnQuality[] {
  return columns.flatMap(({ name }) => {
    const whole = reference.find((column) => column.name === name);
    if (whole === undefined || whole.count === 0) return [];
    const parts = blocks.flatMap((block) => block.get(name) ?? []);
    const share = (counted: Counted): UsualShare => ({
      share: whole[counted] / whole.count,
      most: Math.max(whole[counted] / whole.count, ...parts.filter(isLarge).map((part) => part[counted] / part.count)),
      rows: whole.count,
    });
    return [
      {
        name,
        missing: share("missing"),
        unseen: share("unseen"),
        outOfRange: share("outOfRange"),
        constant: isConstant(whole) || parts.some((part) => isLarge(part) && isConstant(part)),
      },
    ];
  });
}

/** A share of few rows is no share. */
function isLarge({ count }: CountedColumn): boolean {
  return count >= 50;
}

function isConstant({ bins }: CountedColumn): boolean {
  return bins !== null && bins.filter((count) => count > 0).length === 1;
}
